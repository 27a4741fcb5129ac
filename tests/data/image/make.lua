-- Made original.t7 beside it, run by an original Torch7: th make.lua original.t7
-- What functions of image return for random images of three types, by name: a tensor, or 'error'.
require 'image'
torch.manualSeed(7)

local results = {}

local function record(name, f, ...)
   local ok, result = pcall(f, ...)
   results[name] = ok and (type(result) == 'table' and result or result:clone()) or 'error'
end

local function as_bytes(x) return torch.mul(x, 255):byte() end

local kinds = {
   {'double', function(x) return x:double() end},
   {'float', function(x) return x:float() end},
   {'byte', as_bytes},
}

local function geometry(tag, x)
   -- bicubic leaves pixels unset that it makes of a single one
   for _, mode in ipairs{'simple', 'bilinear', x:size(x:dim()) > 1 and 'bicubic' or nil} do
      for _, size in ipairs{{3, 4}, {6, 9}, {11, 2}} do
         record(tag .. 'scale ' .. mode .. table.concat(size, 'x'), image.scale, x, size[1], size[2], mode)
      end
   end
   for _, size in ipairs{'3x9', '^4', '*2', '*1/3', '*0.6', 11, 'wide'} do
      record(tag .. 'scale ' .. size, image.scale, x, size)
   end
   for _, angle in ipairs{0.3, -1.1, math.pi / 2, 5.5} do
      record(tag .. 'rotate ' .. angle, image.rotate, x, angle)
      record(tag .. 'rotate bilinear ' .. angle, image.rotate, x, angle, 'bilinear')
   end
   record(tag .. 'crop box', image.crop, x, 1, 0, 4, 3)
   record(tag .. 'crop outside', image.crop, x, 3, 3, 9, 9)
   for _, format in ipairs{'c', 'tl', 'tr', 'bl', 'br'} do
      record(tag .. 'crop ' .. format, image.crop, x, format, 2, 3)
   end
   for _, shift in ipairs{{1, 2}, {-2, 1}, {50, 0}, {1.7, -1.7}} do
      record(tag .. 'translate ' .. table.concat(shift, ','), image.translate, x, shift[1], shift[2])
   end
   record(tag .. 'hflip', image.hflip, x)
   record(tag .. 'vflip', image.vflip, x)
   record(tag .. 'minmax', image.minmax, {tensor = x, min = 0.2, max = 0.7, saturate = true})
   record(tag .. 'display', image.toDisplayTensor, {input = x, padding = 1, nrow = 2, scaleeach = true})
end

local colours = {'rgb2yuv', 'yuv2rgb', 'rgb2y', 'rgb2hsl', 'rgb2hsv', 'hsl2rgb', 'hsv2rgb', 'rgb2lab', 'lab2rgb'}

for _, kind in ipairs(kinds) do
   local name, convert = unpack(kind)
   local base = torch.rand(3, 5, 7)
   local x = convert(base)
   geometry(name .. ' 3d ', x)
   geometry(name .. ' 2d ', x[2])
   if name == 'float' then geometry('transposed ', x:transpose(2, 3)) end
   geometry(name .. ' pixel ', x:narrow(2, 1, 1):narrow(3, 1, 1))
   for dim = 0, 4 do record(name .. ' flip ' .. dim, image.flip, x, dim) end
   for _, interpolation in ipairs{'simple', 'bilinear'} do
      for _, mode in ipairs{'valid', 'full'} do
         record(name .. ' polar ' .. interpolation .. mode, image.polar, x, interpolation, mode)
         record(name .. ' logpolar ' .. interpolation .. mode, image.logpolar, x, interpolation, mode)
      end
   end
   local field = name == 'byte' and torch.rand(2, 6, 8):mul(5):byte() or torch.rand(2, 6, 8):mul(8):add(-4):typeAs(x)
   local matrix = torch.Tensor{{0.9, 0.2}, {-0.3, 1.2}}
   for _, mode in ipairs{'simple', 'bilinear', 'bicubic', 'lanczos'} do
      for _, offset in ipairs{true, false} do
         record(name .. ' warp ' .. mode .. tostring(offset), image.warp, x, field, mode, offset)
      end
      record(name .. ' warp pad ' .. mode, image.warp, x, field, mode, true, 'pad', 0.7)
      record(name .. ' warp 2d ' .. mode, image.warp, x[1], field, mode)
      record(name .. ' affine ' .. mode, image.affinetransform, x, matrix, mode, {0.5, -1})
   end
   for _, colour in ipairs(colours) do
      record(name .. ' ' .. colour, image[colour], x)
      if name ~= 'byte' then record(name .. ' beyond ' .. colour, image[colour], x * 3 - 1) end
   end
   for _, mode in ipairs{'valid', 'full', 'same'} do
      record(name .. ' convolve ' .. mode, image.convolve, x, convert(torch.rand(3, 2)), mode)
   end
   local binary = torch.gt(base[1], 0.4):typeAs(x)
   record(name .. ' erode', image.erode, binary)
   record(name .. ' dilate', image.dilate, binary, torch.Tensor{{0, 1, 1}, {0, 1, 0}, {0, 0, 0}}:typeAs(x), 1)
   record(name .. ' y2jet', image.y2jet, torch.mul(base[1], 9):add(1):floor():typeAs(x))
   local page = convert(torch.rand(3, 27, 16))
   record(name .. ' text', image.drawText, page, 'Ag}\n09', 2, 3)
   record(name .. ' large text', image.drawText, page, 'q', 1, 1, {size = 2, bg = {1, 2, 3}, color = {9, 200, 30}})
   for width = 1, 4 do
      record(name .. ' rectangle ' .. width, image.drawRect, page, 2, 3, 25, 40, {lineWidth = width})
   end
   record(name .. ' pyramid', function() return image.gaussianpyramid(page, {1, 0.5, 0.3}) end)
end

for i, options in ipairs{{}, {size = 5, sigma = 0.1}, {width = 4, height = 7, normalize = true},
   {size = 6, mean_horz = 0.1, mean_vert = 0.9, amplitude = 3}, {size = 4, sigma_horz = 0.3, sigma_vert = 0.1}} do
   record('gaussian ' .. i, image.gaussian, options)
   record('gaussian1D ' .. i, image.gaussian1D, options)
   record('laplacian ' .. i, image.laplacian, options)
   options.amplitude, options.tensor = 150, torch.ByteTensor(3, 5)
   record('gaussian of bytes ' .. i, image.gaussian, options)
end
for _, count in ipairs{1, 7, 40} do
   record('jet ' .. count, image.jetColormap, count)
   record('colormap ' .. count, image.colormap, count)
end

torch.save(arg[1], results)
