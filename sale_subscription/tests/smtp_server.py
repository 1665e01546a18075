import email
import email.policy
import socketserver
import threading


class _Session(socketserver.StreamRequestHandler):
    """One SMTP session, with as much of the protocol as `smtplib` speaks."""

    def handle(self):
        self.sender, self.recipients = None, []
        self._answer("220 test server")
        while line := self.rfile.readline():
            verb, _space, argument = line.decode().strip().partition(" ")
            answer = getattr(self, f"_do_{verb.lower()}", None)
            if not answer:
                self._answer("250 OK")
            elif answer(argument):
                return

    def _answer(self, text):
        self.wfile.write(f"{text}\r\n".encode())

    def _get_address(self, argument):
        return argument[argument.index("<") + 1 : argument.index(">")]

    def _do_mail(self, argument):
        self.sender, self.recipients = self._get_address(argument), []
        self._answer("250 OK")

    def _do_rcpt(self, argument):
        self.recipients.append(self._get_address(argument))
        self._answer("250 OK")

    def _do_data(self, _argument):
        self._answer("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        message = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
        self.server.received.append((self.sender, self.recipients, message))
        self._answer("250 OK")

    def _do_quit(self, _argument):
        self._answer("221 bye")
        return True


class SmtpServer(socketserver.ThreadingTCPServer):
    """An SMTP server on a free port of this machine that keeps what it receives.

    `received` is a list of tuples `(sender, recipients, message)`: the envelope's addresses and the
    parsed mail.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Session)
        self.received = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]

    def stop(self):
        self.shutdown()
        self.server_close()
