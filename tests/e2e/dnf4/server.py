# SPDX-License-Identifier: GPL-2.0-or-later
"""The web server of a case: nginx on loopback, with a log of what was served."""
import base64
import hashlib
import http.client
import subprocess
import time
import urllib.parse

from checks import Failure

ADDRESS = "127.0.0.1:8080"
PROXY = "127.0.0.1:8081"   # forwards to the server whatever host is asked for, with a password
SECURE = "127.0.0.1:8443"  # demands a certificate of its clients
DEAD = "127.0.0.1:9"       # nobody listens
USER, PASSWORD = "matrix", "secret"
MARK = "/served-until-"    # what is asked for by this program itself

NGINX = """\
daemon off; pid {work}/nginx.pid; error_log {work}/error.log; worker_processes 1; user root;
events {{ }}
http {{
  log_format line '$request_method $request_uri $status $body_bytes_sent $remote_user';
  access_log {work}/access.log line;
  client_body_temp_path {work}/b; proxy_temp_path {work}/p; fastcgi_temp_path {work}/f;
  uwsgi_temp_path {work}/u; scgi_temp_path {work}/s;
  root {root};
  server {{
    listen {address};
    location /private/ {{ alias {root}/; auth_basic x; auth_basic_user_file {work}/users; }}
    location /slow/ {{ alias {root}/; }}
    location ~ ^/slow/(.*\\.wht)$ {{ alias {root}/$1; limit_rate 400; }}
    location /slower/ {{ alias {root}/; }}
    location ~ ^/slower/(.*whittle\\.xml.*)$ {{ alias {root}/$1; limit_rate 50; }}
  }}
  server {{
    listen {proxy};
    access_log off;
    location / {{
      if ($http_proxy_authorization != "Basic {credentials}") {{
        add_header Proxy-Authenticate 'Basic realm="x"' always;
        return 407;
      }}
      proxy_pass http://{address};
    }}
  }}
  server {{
    listen {secure} ssl;
    ssl_certificate {certificates}/server.pem;
    ssl_certificate_key {certificates}/server.key;
    ssl_client_certificate {certificates}/ca.pem;
    ssl_verify_client on;
  }}
}}
"""


class Server:
    """nginx over a folder, with a log of what was served."""

    def __init__(self, work, root, certificates):
        self._log = work / "access.log"
        self._seen = 0   # lines of the log
        self._marks = 0  # requests of our own
        hashed = base64.b64encode(hashlib.sha1(PASSWORD.encode()).digest()).decode()
        (work / "users").write_text("%s:{SHA}%s\n" % (USER, hashed))
        credentials = base64.b64encode(("%s:%s" % (USER, PASSWORD)).encode()).decode()
        (work / "nginx.conf").write_text(NGINX.format(work=work, root=root, certificates=certificates, credentials=credentials,
                                                      address=ADDRESS, proxy=PROXY, secure=SECURE))
        self._process = subprocess.Popen(["nginx", "-c", str(work / "nginx.conf"), "-e", str(work / "error.log")])
        for _ in range(500):
            if (work / "nginx.pid").exists() and (work / "nginx.pid").read_text().strip():
                return
            time.sleep(0.02)
        raise Failure("nginx does not start")

    def close(self):
        """Ends the server."""
        self._process.terminate()
        self._process.wait()

    def served(self):
        """What was served since the last call: (path, status, bytes, user)."""
        self._mark()
        lines = self._log.read_text().splitlines()
        fresh, self._seen = lines[self._seen:], len(lines)
        requests = []
        for line in fresh:
            fields = line.split(" ")
            if not fields[1].startswith(MARK):
                requests.append((urllib.parse.unquote(fields[1]), int(fields[2]), int(fields[3]), fields[4]))
        return requests

    def _mark(self):
        """Returns when all that was asked for before is in the log: the one worker writes it in the order of the answers."""
        self._marks += 1
        path = MARK + str(self._marks)
        connection = http.client.HTTPConnection(ADDRESS)
        connection.request("GET", path)
        connection.getresponse().read()
        connection.close()
        for _ in range(500):
            if any(line.split(" ")[1] == path for line in self._log.read_text().splitlines()):
                return
            time.sleep(0.01)
        raise Failure("nginx does not log")
