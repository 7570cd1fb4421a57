from . import mrp_bom
