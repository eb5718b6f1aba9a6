"""A machine without USB plays one: sticks that are plugged and pulled as usb-detection, udevadm and lsblk see them.

Started by testbed.ts, with /usr/bin/python3 (which has gi). Prints the folder of the testbed; then takes one order per
line on standard input, as JSON, and answers each with a line: `{}` or `{"error": "…"}`. Ends with its input.

A program is inside the testbed when its environment has LD_PRELOAD and UMOCKDEV_DIR; what stands
there is looked up by libc, so programs that go around it do not see it.
"""

import json
import os
import shutil
import sys

import gi

gi.require_version("UMockdev", "1.0")
from gi.repository import UMockdev  # noqa: E402


def usb_device(port):
    return f"/devices/pci0000:00/0000:00:14.0/usb1/1-{port}"


def block_device(port, name):
    return f"{usb_device(port)}/1-{port}:1.0/host{port}/target{port}:0:0/{port}:0:0:0/block/{name}"


def described_device(stick):
    """usb-detection wants a usb_device with these attributes."""
    port, serial = stick["port"], stick["serial"]
    return f"""P: {usb_device(port)}
N: bus/usb/001/{port:03}
E: SUBSYSTEM=usb
E: DEVTYPE=usb_device
E: DEVNAME=/dev/bus/usb/001/{port:03}
E: BUSNUM=001
E: DEVNUM={port:03}
E: MAJOR=189
E: MINOR={port}
E: ID_MODEL=Test_Stick
E: ID_VENDOR=Ferryman
E: ID_SERIAL_SHORT={serial}
E: PRODUCT=781/5583/100
A: idVendor=0781\\n
A: idProduct=5583\\n
A: busnum=1\\n
A: devnum={port}\\n
A: manufacturer=Ferryman\\n
A: product=Test Stick\\n
A: serial={serial}\\n

P: {usb_device(port)}/1-{port}:1.0
E: SUBSYSTEM=usb
E: DEVTYPE=usb_interface
E: DRIVER=usb-storage
A: bInterfaceClass=08\\n
"""


def described_block(stick, name, device_type, attributes):
    port, sectors = stick["port"], stick["sizeBytes"] // 512
    path = block_device(port, stick["name"] if name == stick["name"] else f"{stick['name']}/{name}")
    minor = stick["minor"] + (0 if name == stick["name"] else 1)
    lines = [
        f"P: {path}",
        f"N: {name}",
        "E: SUBSYSTEM=block",
        f"E: DEVTYPE={device_type}",
        f"E: DEVNAME=/dev/{name}",
        "E: MAJOR=65",
        f"E: MINOR={minor}",
        "E: ID_BUS=usb",
        f"E: ID_SERIAL=Ferryman_Test_Stick_{stick['serial']}-0:0",
        f"E: ID_SERIAL_SHORT={stick['serial']}",
        f"A: size={sectors}\\n",
        f"A: dev=65:{minor}\\n",
        "A: ro=0\\n",
        *attributes,
    ]
    return "\n".join(lines) + "\n"


def named_file_system(stick):
    uuid, kind = stick.get("uuid"), stick.get("fileSystem")
    if not kind:
        return []
    return [f"E: ID_FS_TYPE={kind}", *([f"E: ID_FS_UUID={uuid}", f"E: ID_FS_UUID_ENC={uuid}"] if uuid else [])]


def partition(stick):
    return f"{stick['name']}1"


class Machine:
    def __init__(self):
        self.testbed = UMockdev.Testbed.new()
        self.root = self.testbed.get_root_dir()
        # lsblk takes a machine without these folders for one without /sys.
        for folder in ["sys/block", "sys/dev/block", "sys/class/block", "dev"]:
            os.makedirs(f"{self.root}/{folder}", exist_ok=True)
        self.plugged = {}

    def plug_usb(self, stick):
        """The first that a real machine tells, a second before there is a disk."""
        self.testbed.add_from_string(described_device(stick))
        self.plugged[stick["name"]] = stick

    def plug_disk(self, stick):
        name = stick["name"]
        whole = [] if stick.get("partitioned", True) else named_file_system(stick)
        number = f"A: diskseq={stick['diskseq']}\\n"
        self.testbed.add_from_string(
            described_block(stick, name, "disk", ["A: removable=1\\n", "A: queue/rotational=0\\n", number, *whole])
        )
        if stick.get("partitioned", True):
            attributes = ["A: partition=1\\n", "A: start=2048\\n", *named_file_system(stick)]
            self.testbed.add_from_string(described_block(stick, partition(stick), "partition", attributes))
            os.unlink(f"{self.root}/sys/block/{partition(stick)}")  # a kernel links disks only
        if stick["ownNode"]:
            os.unlink(f"{self.root}/dev/{partition(stick) if stick.get('partitioned', True) else name}")

    def plug(self, stick):
        self.plug_usb(stick)
        self.plug_disk(stick)

    def unplug(self, order):
        stick = self.plugged.pop(order["name"])
        port, name = stick["port"], stick["name"]
        disk = block_device(port, name)
        paths = [f"{disk}/{partition(stick)}", disk, f"{usb_device(port)}/1-{port}:1.0", usb_device(port)]
        present = [path for path in paths if os.path.isdir(f"{self.root}/sys{path}")]
        if order.get("silently"):
            self.forget(stick, present)  # whoever heard of it finds nothing left to ask
            return
        for path in present:
            if not path.endswith(":1.0"):
                self.testbed.uevent(f"/sys{path}", "remove")
        self.forget(stick, present)

    def forget(self, stick, present):
        """umockdev leaves links behind, and stumbles over them when the device comes again."""
        for path in present:
            self.testbed.remove_device(f"/sys{path}")
        names = [stick["name"], partition(stick)]
        minors = [stick["minor"], stick["minor"] + 1]
        left = [f"{folder}/{name}" for folder in ["sys/block", "sys/class/block", "dev"] for name in names]
        left += [f"sys/dev/block/65:{minor}" for minor in minors]
        left += [f"sys/dev/char/189:{stick['port']}", f"dev/bus/usb/001/{stick['port']:03}"]
        left += [f"sys/bus/usb/devices/1-{stick['port']}", f"sys/bus/usb/devices/1-{stick['port']}:1.0"]
        for path in left:
            if os.path.lexists(f"{self.root}/{path}"):
                os.unlink(f"{self.root}/{path}")
        shutil.rmtree(f"{self.root}/sys{usb_device(stick['port'])}", ignore_errors=True)


def answer(machine, line):
    order = json.loads(line)
    act = {"plug": machine.plug, "plug-usb": machine.plug_usb, "plug-disk": machine.plug_disk, "unplug": machine.unplug}
    act[order["do"]](order)


def main():
    machine = Machine()
    print(json.dumps({"root": machine.root}), flush=True)
    for line in sys.stdin:
        try:
            answer(machine, line)
            print("{}", flush=True)
        except Exception as error:  # the tests are told, and go on or fail
            print(json.dumps({"error": repr(error)}), flush=True)


main()
