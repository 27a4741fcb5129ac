"""Made digits.t7: python make_data.py (needs scikit-learn, which ships the images).

Every sixth of the 1,797 images, from the sixth on, is for testing: 299, and 1,498 for training. So each of the 13
people whose writing it is occurs in both.
"""

from pathlib import Path

import torch
from sklearn.datasets import load_digits

import torch7py
from torch7py import Table

digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.uint8).unsqueeze(1)  # 1797 x 1 x 8 x 8, values 0..16
labels = torch.tensor(digits.target + 1, dtype=torch.uint8)  # 1..10 for the digits 0..9
testing = torch.arange(1, len(labels) + 1) % 6 == 0

sets = Table(
    train=Table(data=images[~testing], labels=labels[~testing]),
    test=Table(data=images[testing], labels=labels[testing]),
)
torch7py.save(str(Path(__file__).with_name("digits.t7")), sets)
