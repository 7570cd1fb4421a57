from . import test_access
from . import test_automatic
from . import test_cancel
from . import test_fill
from . import test_force
from . import test_kits
from . import test_tours
from . import test_run
