"""Entry of every plugin container: ``python /opt/synapse/launch.py`` with the plugin's root as working directory.

Only starts the package beside this file. Its folder leaves ``sys.path`` and its modules leave ``sys.modules`` before
any code of the plugin runs, so a plugin may have a ``launch.py`` or a ``synapse_launcher`` of its own.
"""

import os
import sys

if __name__ == "__main__":
    own_folder = os.path.dirname(os.path.realpath(__file__))
    sys.path.insert(0, own_folder)
    from synapse_launcher.main import main

    sys.path[:] = [entry for entry in sys.path if os.path.realpath(entry or os.curdir) != own_folder]
    sys.exit(main(os.environ, os.getcwd()))
