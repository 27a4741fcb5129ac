-- Made the files beside it, run by an original Torch7: th make.lua
require 'nn'
torch.manualSeed(1)

local matrix = torch.range(1, 6):view(2, 3)
local count = 0
local function increment(step) count = count + step return count end
local function get() return count end

local all = {
   1, 2.5, 'text', true, false,
   matrix = matrix, transposed = matrix:t(), row = matrix[2], none = torch.Tensor(),
   byte = torch.ByteTensor{0, 65, 255}, char = torch.CharTensor{-128, 10, 127}, short = torch.ShortTensor{-300, 300},
   int = torch.IntTensor{-70000, 70000}, long = torch.LongTensor{2^40, -1}, float = torch.FloatTensor{0.1, 1/3, -1/0},
   half = torch.HalfTensor(2):fill(1.5), special = torch.Tensor{0/0, 1/0, -0.0, 1e-310}, storage = torch.LongStorage{3, 4},
   bytes = '\0\n\200\255', empty = '', [true] = 'yes', [-3.5] = 'key', big = 1e300, functions = {increment, get},
}
all.me = all
all.list = {all.functions, all.functions}

torch.save('all.binary.t7', all)
torch.save('all.ascii.t7', all, 'ascii')

local file = torch.DiskFile('big_endian.t7', 'w'):binary()
file:bigEndianEncoding()
file:writeObject({matrix, all.long, all.float, 'text', 7})
file:close()

-- as a 32-bit system would have written it
file = torch.DiskFile('b32.t7', 'w'):binary()
file:longSize(4)
file:writeObject({matrix, torch.LongTensor{5, -1}, torch.Tensor(), all.storage, all.float, 'text', 7})
file:close()

local net = nn.Sequential():add(nn.Linear(3, 4)):add(nn.BatchNormalization(4)):add(nn.Tanh()):add(nn.Linear(4, 2))
net:evaluate()
local input = torch.randn(2, 3)
torch.save('net.t7', {net = net, input = input, output = net:forward(input):clone()})
