"""Pictures that came without a file: pasted, or dropped from another program."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

from jnn_studio.base.atomic import replacing
from jnn_studio.base.system_errors import advice_for, reason_of
from jnn_studio.data.decode import decode_middle, open_image
from jnn_studio.data.errors import DataError, UnreadableImageError
from jnn_studio.data.image_formats import IMAGE_FORMATS


def keep_picture(data: bytes, folder: Path) -> Path:
    """An encoded picture as a file in ``folder``, for sessions to refer to; the same picture gives the same.

    Raises:
        DataError: it is no picture that can be read, or cannot be written.
    """
    try:
        with open_image(io.BytesIO(data)) as image:
            endings = {known.key: known.endings[0] for known in IMAGE_FORMATS}
            ending = endings.get(str(image.format), ".jpg")  # a JPEG that holds several has a name of its own
        decode_middle(io.BytesIO(data), 16, 3)  # all of it can be read
    except UnreadableImageError as error:
        raise DataError(f"The picture cannot be used: {error.reason}. Copy it again, or save it.") from error
    path = folder / f"pasted-{hashlib.sha256(data).hexdigest()[:12]}{ending}"
    if not path.exists():
        try:
            with replacing(path) as temporary:
                temporary.write_bytes(data)
        except OSError as error:
            raise DataError(f"{path} cannot be written: {reason_of(error)}. {advice_for(error)}.") from error
    return path
