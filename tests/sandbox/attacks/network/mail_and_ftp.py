"""Connect as a mail or file client."""

import ftplib
import smtplib

EXPECT = {"process": "leak"}
STATUS = ["exception", "timeout"]


def f(x):
    try:
        smtplib.SMTP("127.0.0.1", x["ports"]["TCP"], timeout=0.03)
    except OSError:
        pass
    ftplib.FTP().connect("127.0.0.1", x["ports"]["TCP"], timeout=0.03)
