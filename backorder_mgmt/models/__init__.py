# A room stands on those before it. What a later one extends runs outside of what earlier ones do.
from . import base
from . import hold
from . import fill
from . import run
from . import process
from . import buy
from . import pay
from . import dates
from . import show
