"""Requests that `vamen explore` must refuse, and bodies that must not hold it up."""

import http.client
import re
import socket
import sys
import time


def talk(port, data, seconds=20):
    """Sends bytes; the statuses of the answers until the server closes, and whether it does."""
    answer, closed = b"", True
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        try:
            connection.sendall(data)
        except ConnectionError:
            pass  # closed already; what was answered can still be read
        except socket.timeout:
            closed = False
        try:
            while closed and (chunk := connection.recv(65536)):
                answer += chunk
        except ConnectionError:
            pass
        except socket.timeout:
            closed = False
    return [int(code) for code in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)], closed


def hostile(port, key, check):
    host = f"127.0.0.1:{port}"

    def request(path, *headers, method="GET", host=host, own_key=True):
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host}"]
        if own_key:
            lines.append(f"X-VAmEn-Key: {key}")
        return ("\r\n".join(lines + list(headers)) + "\r\n\r\n").encode()

    def get(*arguments, **options):
        return talk(port, request(*arguments, **options))

    def ping():
        return talk(port, request("/", "Connection: close", own_key=False), seconds=2)

    page = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    page.request("GET", "/", headers={"Connection": "close"})
    headers = page.getresponse().headers
    page.close()
    check("the page cannot be framed, nor held by its opener",
          "frame-ancestors 'none'" in headers["Content-Security-Policy"]
          and headers["Cross-Origin-Opener-Policy"] == "same-origin", headers.items())

    loop = "/api/loop?seed=1&iterations=0"
    link = ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"]
    frame = link[:2] + ["Sec-Fetch-Dest: iframe"]
    answers = [
        ("the page's own request is answered", get(loop, "Connection: close"), 200),
        ("another host name is refused", get("/", host="evil.example"), 421),
        ("another port in the host is refused", get("/", host="127.0.0.1:1"), 421),
        ("a second host is refused", get("/", "Host: evil.example"), 421),
        ("another origin is refused", get(loop, "Origin: http://evil.example"), 403),
        ("another local page is refused", get(loop, "Origin: http://127.0.0.1:1"), 403),
        ("a cross-site fetch is refused", get(loop, "Sec-Fetch-Site: cross-site"), 403),
        ("a cross-site fetch of the page, too", get("/", "Sec-Fetch-Site: cross-site"), 403),
        ("a cross-site frame, too", get("/", *frame), 403),
        ("a link on another site leads to the page", get("/", *link, "Connection: close"), 200),
        ("but not to data", get(loop, *link), 403),
        ("no key, no data", get(loop, own_key=False), 403),
        ("POST is refused", get("/", "Content-Length: 0", method="POST"), 405),
        ("a huge body is refused unread", get(loop, "Content-Length: 1000000000000"), 413),
        ("a chunked body is refused", get(loop, "Transfer-Encoding: chunked"), 413),
        ("a length with a sign is refused", get(loop, "Content-Length: +0"), 413),
        ("two lengths are refused", get(loop, "Content-Length: 0", "Content-Length: 9"), 413),
        ("a long address is refused", get("/api/loop?seed=" + "1" * 10000), 413),
        ("dots lead nowhere", get("/../../etc/passwd"), 404),
        ("escaped dots lead nowhere", get("/%2e%2e/%2e%2e/etc/passwd"), 404),
        ("an absolute path leads nowhere", get("//etc/passwd"), 404),
        ("a loop without a seed", get("/api/loop"), 400),
        ("a seed that is none", get("/api/loop?seed=x"), 400),
        ("a parameter twice", get("/api/loop?seed=1&seed=2"), 400),
        ("an unknown parameter", get("/api/loop?seed=1&path=/etc/passwd"), 400),
        ("a direction that is none", get("/api/loop?seed=1&offsets=999:1"), 400),
        ("a seed with a sign", get("/api/loop?seed=+1"), 400),
        ("a step that is no number", get("/api/loop?seed=1&offsets=1:nan"), 400),
        ("an endless step", get("/api/loop?seed=1&offsets=1:inf"), 400),
        ("too many iterations", get("/api/loop?seed=1&iterations=1000000"), 400),
        ("iterations that are not whole", get("/api/loop?seed=1&iterations=3.7"), 400),
        ("a hexadecimal tempo", get("/api/loop?seed=1&bpm=0x90"), 400),
        ("a tempo with a space", get("/api/loop?seed=1&bpm=%2090"), 400),
        ("an impossible tempo", get("/api/loop?seed=1&bpm=1000"), 400),
        ("an item that is none", get("/api/loop?item=-1"), 400),
        ("a morph beyond the end", get("/api/loop?seed=1&toSeed=2&morph=2"), 400),
        ("nonsense is refused", talk(port, b"\x00\x01nonsense\r\n\r\n"), 400),
        ("so is the start of TLS", talk(port, b"\x16\x03\x01\x02\x00\x01\x00"), 400),
        ("a folded line is refused", get("/", "X-A: 1\r\n 2"), 400),
        ("a bare line feed is refused", get("/", "X-A: 1\nX-B: 2"), 400),
        ("so are bare line feeds only", talk(port, request("/").replace(b"\r", b"")), 400),
        ("a bare carriage return is refused", talk(port, b"GET / HTTP/1.1\r\r"), 400),
    ]
    for name, seen, status in answers:
        check(f"{name}, and the connection ends", seen == ([status], True), seen)

    bodies(port, host, request, ping, check)

    # One connection of the page's own: requests one by one, two at once, one in pieces.
    good = [request("/"), request("/explore.js", method="HEAD"), request("/api/model"),
            request("/") + request("/api/model"), request(loop, "Connection: close")]
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        seen = [status for data in good[:-1] for status in exchange(connection, data)]
        for byte in good[-1]:
            connection.sendall(bytes([byte]))
        seen += exchange(connection, b"", count=1)
        check("a connection answers one request after the other", seen == 6 * [200], seen)
        check("and ends when it is asked to", connection.recv(1) == b"")

    idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(40)]
    for connection in idle[::2]:
        connection.sendall(b"GET / HTTP/1.1\r\nHost:")
    seen = ping()
    check("connections that say nothing hold nobody up", seen == ([200], True), seen)
    for connection in idle:
        connection.close()

    told = shared(port, request("/api/loop?seed=40&iterations=200", "Connection: close"))
    check("equal loops that are asked for at a time are drawn once", len(told) == 8
          and len(set(told) - {b"0"}) == 1, told)
    left(port, lambda seed: request(f"/api/loop?seed={seed}&iterations=200", "Connection: close"),
         check)


def left(port, request, check):
    """Loops that are asked for on connections that close at once."""
    def ask(seed):
        connection = socket.create_connection(("127.0.0.1", port), timeout=60)
        connection.sendall(request(seed))
        return connection

    def milliseconds(seed):
        with ask(seed) as connection:
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
        return int(re.search(rb"X-VAmEn-Milliseconds: (\d+)", answer).group(1))

    one = milliseconds(41) / 1000
    check("a loop that was drawn is remembered", milliseconds(41) == 0)
    seeds = range(42, 50)
    for connection in [ask(seed) for seed in seeds]:
        connection.close()
    # Long enough to draw them all.
    time.sleep(1 + 2 * len(seeds) * one)
    seen = [milliseconds(seed) for seed in seeds]
    check("loops that nobody waits for any more are not drawn", seen.count(0) <= 4, seen)


def shared(port, request):
    """What eight connections that ask for the same loop at once hear of how long drawing it took."""
    asking = [socket.create_connection(("127.0.0.1", port), timeout=60) for _ in range(8)]
    for connection in asking:
        connection.sendall(request)
    told = []
    for connection in asking:
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
        connection.close()
        told += re.findall(rb"X-VAmEn-Milliseconds: (\d+)", answer)
    return told


def exchange(connection, data, count=None):
    """Sends requests on an open connection and reads exactly their answers; their statuses."""
    connection.sendall(data)
    statuses, buffer = [], b""
    heads = [data.startswith(b"HEAD ")] if data else []
    for number in range(count or data.count(b" HTTP/1.1\r\n")):
        while b"\r\n\r\n" not in buffer:
            buffer += connection.recv(65536) or sys.exit("a kept connection was closed")
        head, _, buffer = buffer.partition(b"\r\n\r\n")
        statuses.append(int(head.split()[1]))
        length = int(re.search(rb"Content-Length: (\d+)", head).group(1))
        if number < len(heads) and heads[number]:
            length = 0
        while len(buffer) < length:
            buffer += connection.recv(65536) or sys.exit("a kept connection was closed")
        buffer = buffer[length:]
    return statuses


def bodies(port, host, request, ping, check):
    """Bodies that are really sent: never read, never taken for requests, holding nobody up."""
    origins = [("its own", f"http://{host}"), ("another", "http://evil.example")]
    paths = ["/", "/explore.js", "/api/loop?seed=1&iterations=0", "/nothing"]
    for size in (8 << 10, 1 << 20, 20 << 20):
        # A body that looks like requests of the page.
        inner = request("/api/model")
        body = (inner * (size // len(inner) + 1))[:size]
        for name, origin in origins:
            wrong, slow = [], []
            for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"):
                for path in paths:
                    for length in (f"Content-Length: {size}", "Transfer-Encoding: chunked"):
                        data = request(path, f"Origin: {origin}", length, method=method)
                        if length.startswith("Transfer"):
                            data += f"{size:x}\r\n".encode()
                        status = 403 if name == "another" else \
                            413 if method in ("GET", "HEAD") else 405
                        seen, closed = talk(port, data + body)
                        # A small body is drained; after a large one the answer may be lost.
                        if not closed or seen not in ([[status]] if size < 1e5 else [[status], []]):
                            wrong.append((method, path, length, seen, closed))
                        if (seen := ping()) != ([200], True):
                            slow.append((method, path, length, seen))
            check(f"bodies of {size >> 10} KiB from {name} origin: one refusal, then the end",
                  not wrong, wrong[:3])
            check("and others are answered at once", not slow, slow[:3])

    long = 1 << 20
    for name, data in [
        ("an address of 1 MiB", b"GET /?" + b"x" * long),
        ("a field of 1 MiB", request("/")[:-2] + b"X-A: " + b"x" * long),
        ("1 MiB of fields", request("/")[:-2] + b"X-A: 1\r\n" * (long // 8)),
        ("1 MiB without a space", b"G" * long),
    ]:
        seen, closed = talk(port, data)
        check(f"{name} is refused", closed and seen in ([431], []), (seen, closed))
        check("and others are answered at once", (seen := ping()) == ([200], True), seen)
    for name, first in [("a refusal", request("/nothing")),
                        ("another host", request("/", host="evil.example")),
                        ("a foreign request", request("/", "Origin: http://evil.example"))]:
        seen, closed = talk(port, first + request("/") * 3)
        check(f"requests behind {name} are not answered", len(seen) == 1 and closed, seen)
