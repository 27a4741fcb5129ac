"""Made hopper.jpg, and image.lena's picture: python make_data.py (needs Pillow, and matplotlib, which ships the photo).

Both are parts of one photograph: the face at 256x256 pixels for this example, and 512x512 pixels for the package.
"""

from pathlib import Path

import matplotlib
from PIL import Image

HERE = Path(__file__).parent
PACKAGE = HERE.parent.parent / "torch7py" / "image"

photograph = Image.open(Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg")  # 512x600
face = photograph.crop((60, 0, 444, 384)).resize((256, 256), Image.Resampling.LANCZOS)
face.save(HERE / "hopper.jpg", quality=90, optimize=True)
photograph.crop((0, 0, 512, 512)).save(PACKAGE / "hopper.jpg", quality=80, optimize=True)
