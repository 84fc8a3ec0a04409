"""nginx in front of an app, set up as its own guide does it for WebSockets: another gateway to compare ours with."""

import os
import shutil
import socket
import subprocess

from .wait import eventually

CONFIG = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr error;
events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://{app}; proxy_http_version 1.1; proxy_buffering off; proxy_request_buffering off;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;
    }}
  }}
}}
"""


class Nginx:
    """Runs until it is closed."""

    def __init__(self, folder, port, app):
        path = f"{os.environ.get('PATH', '')}:/usr/sbin"
        program = shutil.which("nginx", path=path)
        assert program, "nginx is not installed: on Debian it is the package nginx-light"
        config = folder / "nginx.conf"
        config.write_text(CONFIG.format(folder=folder, port=port, app=app))
        self._process = subprocess.Popen([program, "-p", folder, "-c", config])
        self.address = ("127.0.0.1", port)
        eventually(self._listens, what="nginx listens", patience=10)

    def close(self):
        self._process.terminate()
        self._process.wait(timeout=10)

    def _listens(self):
        try:
            socket.create_connection(self.address).close()
            return True
        except ConnectionRefusedError:
            return False
