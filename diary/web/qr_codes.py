"""QR codes: an address to be read by a phone's camera."""

import segno


def qr_code(address: str) -> str:
    """Return a QR code as the address of an image; black on white in the dark too, with the margin cameras need."""
    return str(segno.make_qr(address).svg_data_uri(scale=4, border=4, dark="#000", light="#fff", xmldecl=False))
