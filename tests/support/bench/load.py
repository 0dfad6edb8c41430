# SPDX-License-Identifier: GPL-2.0-or-later
"""Many requests at a time: wrk drives a server, and nginx is the one to compare with."""
import contextlib
import os
import re
import subprocess
import time
import urllib.error
import urllib.request

from bench import tools

CONNECTIONS = 64
THREADS = 1  # the server needs the processors, too
UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}

NGINX = """\
daemon off; pid {work}/nginx.pid; error_log {work}/nginx.log; worker_processes auto; {user}
events {{ worker_connections 4096; }}
http {{
  access_log off; sendfile on; keepalive_requests 1000000;
  client_body_temp_path {work}/b; proxy_temp_path {work}/p; fastcgi_temp_path {work}/f; uwsgi_temp_path {work}/u; scgi_temp_path {work}/s;
  server {{ listen 127.0.0.1:{port}; root {site}; }}
}}
"""


def parse(said):
    """(requests a second, milliseconds that 99 of 100 take no longer than, requests that failed) of what wrk says."""
    per_s = float(re.search(r"^Requests/sec:\s+([\d.]+)", said, re.M).group(1))
    number, unit = re.search(r"^\s+99%\s+([\d.]+)(us|ms|s|m)\s*$", said, re.M).groups()
    failed = sum(int(count) for count in re.findall(r"^\s*Non-2xx or 3xx responses: (\d+)", said, re.M))
    for errors in re.findall(r"^\s*Socket errors: (.*)$", said, re.M):
        failed += sum(int(count) for count in re.findall(r"\d+", errors))
    return per_s, float(number) * UNITS[unit], failed


def drive(name, url, seconds, work, body=None):
    """Asks one thing for some seconds, over connections that stay."""
    options = []
    if body is not None:
        script = work / "post.lua"
        script.write_text('wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/xml"\nwrk.body = [==[%s]==]\n' % body)
        options = ["--script", script]
    said = tools.run("wrk", "--threads", str(THREADS), "--connections", str(CONNECTIONS), "--duration", "%ds" % seconds, "--latency", *options, url)
    per_s, p99, failed = parse(said.decode())
    return {"name": name, "per_s": per_s, "p99_ms": p99, "failed": failed}


@contextlib.contextmanager
def nginx(work, site, port):
    """Files below site; gives the address."""
    address = "http://127.0.0.1:%d" % port
    user = "user root;" if os.geteuid() == 0 else ""
    (work / "nginx.conf").write_text(NGINX.format(work=work, site=site, port=port, user=user))
    server = subprocess.Popen(["nginx", "-c", str(work / "nginx.conf"), "-e", str(work / "nginx.log")], stdin=subprocess.DEVNULL)
    try:
        for _ in range(250):
            try:
                with urllib.request.urlopen(address):
                    break
            except urllib.error.HTTPError:
                break
            except OSError:
                time.sleep(0.02)
        yield address
    finally:
        server.terminate()
        server.wait()
