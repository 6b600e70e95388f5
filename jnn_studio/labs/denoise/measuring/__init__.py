"""How close denoisers come to clean images, over folders, in the field's tables and figures."""
