# In the order in which they build on each other.
from . import catalog
from . import contract
from . import sales
from . import billing
from . import collecting
from . import changes
from . import portal
from . import price_update
from . import company
from . import insight
