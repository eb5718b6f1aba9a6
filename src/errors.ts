/**
 * Every error that ferryman and sign-update report: one class, one closed table.
 *
 * A code reads `room.problem`. The table gives each code its verdict (what the controller does next), its exit status
 * (sysexits.h) and a hint (what the person does next). `docs/errors.md` is made from this table and checked by a test.
 */

/**
 * What the controller does with the thing that failed.
 * - `reject`: this item is bad for good; set it aside, go on with the rest.
 * - `retry`: the item may be fine; try again later.
 * - `halt`: nothing can be done until a person changes something.
 */
export type Verdict = 'reject' | 'retry' | 'halt';

interface ErrorKind {
  readonly verdict: Verdict;
  /** Process exit status, from sysexits.h where one fits. */
  readonly exit: number;
  readonly hint: string;
}

const kinds = {
  'usage.invalid': { verdict: 'halt', exit: 64, hint: 'see --help for what the command takes' },

  'source.missing': { verdict: 'reject', exit: 66, hint: 'check the path' },
  'source.unreadable': {
    verdict: 'retry',
    exit: 74,
    hint: 'check that it is a regular file that you may read',
  },
  'output.exists': { verdict: 'halt', exit: 73, hint: 'choose another name, or move the existing file away' },
  'output.failed': { verdict: 'retry', exit: 74, hint: 'check that the disk has room and can be written' },

  'framing.truncated': {
    verdict: 'retry',
    exit: 65,
    hint: 'this is no parcel, or its end is missing: wait for the rest of the file, or copy it again',
  },
  'framing.ambiguous': {
    verdict: 'reject',
    exit: 65,
    hint: 'the file has two possible ends: ask the office for the parcel again',
  },
  'framing.too-large': {
    verdict: 'reject',
    exit: 65,
    hint: 'split the update: a parcel has an upper size, see docs/format.md',
  },
  'framing.unsigned': {
    verdict: 'reject',
    exit: 65,
    hint: 'the zip carries no signature: sign it with sign-update',
  },

  'signature.malformed': {
    verdict: 'reject',
    exit: 65,
    hint: 'the signature blocks are not as docs/format.md says: ask the office for the parcel again',
  },
  'signature.legacy': {
    verdict: 'reject',
    exit: 65,
    hint: 'sign again with the default (prehashed) mode of minisign, not -l',
  },

  'key.malformed': {
    verdict: 'halt',
    exit: 65,
    hint: 'expected a key file as minisign or sign-update keygen writes it',
  },
  'key.weak': {
    verdict: 'halt',
    exit: 65,
    hint: 'do not use this key: make a new one with sign-update keygen',
  },
  'key.passphrase': {
    verdict: 'halt',
    exit: 77,
    hint: 'type the passphrase again, or check the passphrase file',
  },
  'key.no-terminal': {
    verdict: 'halt',
    exit: 64,
    hint: 'type it on a terminal, or give a file: --passphrase-file for a key, --password-file for a user',
  },
  'key.kdf-limit': {
    verdict: 'halt',
    exit: 65,
    hint: 'the key asks for more memory than the limit of 1 GiB',
  },

  'trust.no-keys': {
    verdict: 'halt',
    exit: 78,
    hint: 'put the .pub file of an office key into the keys folder (a new node: ferryman init --office-key FILE)',
  },
  'trust.unreadable': { verdict: 'halt', exit: 78, hint: 'mend or remove the key file that is named' },
  'trust.duplicate': { verdict: 'halt', exit: 78, hint: 'keep one file per key' },
  'trust.no-such-key': {
    verdict: 'halt',
    exit: 66,
    hint: 'see ferryman trust list for what is trusted here',
  },
  'trust.needed': {
    verdict: 'halt',
    exit: 78,
    hint: 'add its successor first (ferryman trust add), or lower trust.threshold in config.toml first',
  },
  'trust.threshold': {
    verdict: 'halt',
    exit: 78,
    hint: 'give a threshold from 1 to the number of keys: trust.threshold in config.toml, or --threshold',
  },

  'verify.unknown-key': {
    verdict: 'reject',
    exit: 65,
    hint: 'the parcel is signed, but by no key that is trusted here',
  },
  'verify.bad-signature': {
    verdict: 'reject',
    exit: 65,
    hint: 'the parcel was changed after it was signed: fetch it again',
  },
  'verify.threshold': {
    verdict: 'reject',
    exit: 65,
    hint: 'let another key holder add a signature: sign-update cosign',
  },

  'verify.by-node': {
    verdict: 'reject',
    exit: 65,
    hint: 'archives of logs and acknowledgements travel between neighbours: this way is for what the office signs',
  },

  'zip.not-canonical': {
    verdict: 'reject',
    exit: 65,
    hint: 'make the parcel with sign-update: other zip tools write what the format refuses',
  },
  'zip.bad-name': {
    verdict: 'reject',
    exit: 65,
    hint: 'rename the file: docs/format.md says which names a parcel may hold',
  },
  'zip.duplicate-name': {
    verdict: 'reject',
    exit: 65,
    hint: 'names must differ in more than case, and a file cannot also be a folder',
  },
  'zip.too-large': { verdict: 'reject', exit: 65, hint: 'split the update: docs/format.md has the limits' },
  'zip.damaged': {
    verdict: 'reject',
    exit: 65,
    hint: 'the contents do not match their sizes or checksums: make the parcel again',
  },

  'manifest.malformed': {
    verdict: 'reject',
    exit: 65,
    hint: 'make the parcel with sign-update: docs/format.md has the manifest',
  },
  'manifest.other-kind': {
    verdict: 'reject',
    exit: 65,
    hint: 'it is sound, but not for this place: on a USB key updates belong into ferryman/updates and the pass is ferryman/pass.zip; neighbours pass on the rest',
  },
  'manifest.files-differ': {
    verdict: 'reject',
    exit: 65,
    hint: 'manifest and archive must list the same files: make the parcel again',
  },

  'receipts.malformed': {
    verdict: 'reject',
    exit: 65,
    hint: 'these are no receipts as a node writes them: docs/format.md, section 11',
  },
  'receipts.unproven': {
    verdict: 'reject',
    exit: 65,
    hint: 'believe nothing of what is kept there: it does not come from that node, or was changed on the way',
  },

  'enrolment.malformed': {
    verdict: 'reject',
    exit: 65,
    hint: 'this is no enrolment, request for one, or archive that an enrolled node has signed (docs/format.md, section 12): look whether it is the right file, or make it again',
  },
  'enrolment.unproven': {
    verdict: 'reject',
    exit: 65,
    hint: 'the office keys that are trusted here did not sign this enrolment: enrol the node with them',
  },
  'enrolment.other-key': {
    verdict: 'reject',
    exit: 65,
    hint: 'who signed is not the one who is enrolled: believe nothing of it',
  },
  'enrolment.bad-signature': {
    verdict: 'reject',
    exit: 65,
    hint: 'it was changed after the node signed it: fetch it again',
  },
  'enrolment.revoked': {
    verdict: 'reject',
    exit: 65,
    hint: 'the office has revoked this enrolment: enrol the node anew if it is still to be believed',
  },
  'enrolment.role': {
    verdict: 'reject',
    exit: 65,
    hint: 'only a proxy may acknowledge, and every role but the office may send logs: see what the node is enrolled as',
  },
  'enrolment.other-role': {
    verdict: 'halt',
    exit: 78,
    hint: 'have the office enrol the node in its new role: ferryman enrol request; or put node.role back',
  },
  'enrolment.other-node': {
    verdict: 'reject',
    exit: 65,
    hint: 'it names another node than the one that is enrolled: believe nothing of it',
  },
  'roster.fork': {
    verdict: 'reject',
    exit: 65,
    hint: 'the office has signed two rosters under one number: tell the office; one with a higher number puts it right',
  },
  'archive.too-large': {
    verdict: 'reject',
    exit: 65,
    hint: 'docs/format.md, section 14, says how large an archive of logs may be: pack less at a time',
  },
  'archive.fork': {
    verdict: 'reject',
    exit: 65,
    hint: "two archives have one name: a copied disk, or somebody else with the node's key; enrol the node anew",
  },
  'ping.malformed': {
    verdict: 'reject',
    exit: 65,
    hint: 'this is no ping as docs/format.md, section 16, has it',
  },
  'summary.malformed': {
    verdict: 'reject',
    exit: 65,
    hint: 'this is no summary as docs/format.md, section 16, has it: see which version the neighbour runs',
  },
  'archive.node-facts': {
    verdict: 'reject',
    exit: 65,
    hint: 'the line of node.jsonl is not as docs/format.md says: the rest of the archive counts all the same',
  },
  'contact.malformed': {
    verdict: 'reject',
    exit: 65,
    hint: 'this is no contact as docs/format.md, section 16, has it: the line is left out',
  },

  'usb.no-file-system': {
    verdict: 'reject',
    exit: 65,
    hint: 'nothing readable is on this key: format it as FAT32 and have it prepared again',
  },
  'usb.file-system': {
    verdict: 'reject',
    exit: 65,
    hint: 'this kind of formatting cannot be read here: format the key as FAT32 and have it prepared again',
  },
  'usb.damaged': {
    verdict: 'reject',
    exit: 65,
    hint: 'the formatting of the key is damaged: try another key, or have this one prepared again',
  },
  'usb.mount': {
    verdict: 'retry',
    exit: 74,
    hint: 'this machine could not open the key: on a node, use one with FAT32 and tell the office; in the office, mount it and name the folder',
  },
  'usb.mount-options': {
    verdict: 'reject',
    exit: 70,
    hint: 'this machine cannot open this key safely: use a key that is formatted as FAT32, and tell the office',
  },
  'usb.pulled': { verdict: 'retry', exit: 74, hint: 'the key was pulled out too early: plug it in again' },
  'usb.stalled': {
    verdict: 'retry',
    exit: 74,
    hint: 'the key does not answer: pull it out, plug it in again, or try another one',
  },
  'usb.read': {
    verdict: 'retry',
    exit: 74,
    hint: 'the key cannot be read in full: plug it in again, or try another one',
  },
  'usb.missing': {
    verdict: 'reject',
    exit: 66,
    hint: 'the file is not on the key: have the key prepared again',
  },
  'usb.too-large': {
    verdict: 'reject',
    exit: 65,
    hint: 'a file on the key is larger than it may be: have the key prepared again',
  },
  'usb.too-many': {
    verdict: 'reject',
    exit: 65,
    hint: 'the key holds more than is taken from it at once: have it prepared again',
  },
  'usb.left-alone': {
    verdict: 'reject',
    exit: 65,
    hint: 'only plain files with names such as update-42.zip are taken, each in the folder for its kind: "ferryman usb prepare" writes them',
  },
  'usb.write-full': { verdict: 'halt', exit: 74, hint: 'the key is full: remove what is not needed from it' },
  'usb.write-protected': {
    verdict: 'halt',
    exit: 74,
    hint: 'the key cannot be written: open its write protection, or use a key that is formatted as FAT32',
  },
  'usb.write': {
    verdict: 'retry',
    exit: 74,
    hint: 'the key could not be written: plug it in again, or try another one',
  },
  'usb.tool': {
    verdict: 'halt',
    exit: 69,
    hint: 'install mtools, dosfstools, util-linux, mount, findutils and coreutils: apt install mtools dosfstools',
  },
  'usb.closed': { verdict: 'retry', exit: 70, hint: 'the key was let go of meanwhile: plug it in again' },
  'usb.interrupted': {
    verdict: 'retry',
    exit: 70,
    hint: 'nothing is lost: a key that is still in is read again, any other when it is plugged in',
  },

  'usb.pass-missing': {
    verdict: 'reject',
    exit: 65,
    hint: 'ask the office for a pass for this key',
  },
  'usb.pass-forged': {
    verdict: 'reject',
    exit: 65,
    hint: 'the pass on this key is not one of the office, or is damaged: ask the office for a new one',
  },
  'usb.pass-volume': {
    verdict: 'reject',
    exit: 65,
    hint: 'the pass was made for another key, or this key was formatted since: ask the office for a new pass',
  },
  'usb.pass-serial': {
    verdict: 'reject',
    exit: 65,
    hint: 'the pass was made for another key, of which this may be a copy: use that one',
  },
  'usb.pass-node': {
    verdict: 'reject',
    exit: 65,
    hint: 'this key is not for this machine: ask the office which machines it is for',
  },
  'usb.pass-expired': {
    verdict: 'reject',
    exit: 65,
    hint: 'the time of the pass is over: ask the office for a new one',
  },
  'usb.pass-used-up': {
    verdict: 'reject',
    exit: 65,
    hint: 'the pass was for fewer visits to this machine: ask the office for a new one',
  },
  'usb.pass-not-for-this': {
    verdict: 'reject',
    exit: 65,
    hint: 'the pass is good, but not for this: ask the office for one that is',
  },

  'stick.in-use': {
    verdict: 'halt',
    exit: 75,
    hint: 'make sure that it is the key and no disk of this machine, then unmount it',
  },
  'stick.refused': {
    verdict: 'halt',
    exit: 65,
    hint: 'name a USB key or memory card that can be written and has room, as "lsblk" lists it, or the folder where it is mounted',
  },
  'stick.failed': {
    verdict: 'retry',
    exit: 74,
    hint: 'plug the key out and in and try again; if that does not help, take another key',
  },
  'stick.differs': {
    verdict: 'retry',
    exit: 74,
    hint: 'the key does not give back what was written: take another key',
  },

  'pack.unsupported-file': {
    verdict: 'halt',
    exit: 65,
    hint: 'a parcel holds regular files only: remove it, or pack it in a tar inside',
  },
  'pack.script': {
    verdict: 'halt',
    exit: 65,
    hint: 'name an executable file inside the folder: chmod +x it if need be',
  },
  'pack.changed': {
    verdict: 'retry',
    exit: 75,
    hint: 'the folder changed while it was packed: sign again when nothing writes to it',
  },
  'sign.sequence-used': {
    verdict: 'halt',
    exit: 65,
    hint: 'choose the next unused number: one names one content, for ever',
  },
  'sign.already-signed': { verdict: 'halt', exit: 65, hint: 'this key has signed the parcel already' },
  'sign.too-many': { verdict: 'halt', exit: 65, hint: 'a parcel carries at most 16 signatures' },

  'config.missing': {
    verdict: 'halt',
    exit: 78,
    hint: 'set it up first: ferryman init --role kiosk --office-key FILE on a node, --role office in the office',
  },
  'config.invalid': { verdict: 'halt', exit: 78, hint: 'mend the configuration file' },
  'init.exists': {
    verdict: 'halt',
    exit: 73,
    hint: 'the node is set up already; its identity is never overwritten',
  },

  'inbox.disk-full': {
    verdict: 'retry',
    exit: 74,
    hint: 'free some space: nothing of the parcel was kept, the source is untouched',
  },
  'inbox.waiting': {
    verdict: 'retry',
    exit: 75,
    hint: 'the parcel is safe in the inbox and is looked at by itself',
  },
  'inbox.too-many': { verdict: 'retry', exit: 75, hint: 'let the controller work through the inbox first' },

  'plan.no-such-update': { verdict: 'halt', exit: 66, hint: 'see ferryman history for what this node knows' },
  'plan.not-finished': {
    verdict: 'halt',
    exit: 75,
    hint: 'only an update that has finished can be run again',
  },
  'plan.not-ready': {
    verdict: 'halt',
    exit: 75,
    hint: 'it keeps its recorded outcome; what stands against a run must change first',
  },

  'store.missing': { verdict: 'retry', exit: 74, hint: 'bring the parcel again by any channel' },
  'unpack.disk-full': {
    verdict: 'retry',
    exit: 74,
    hint: 'free some space: the update is tried again by itself',
  },

  'run.disk-full': {
    verdict: 'retry',
    exit: 74,
    hint: 'free some space: the update has not started and is tried again by itself',
  },
  'run.not-started': {
    verdict: 'retry',
    exit: 75,
    hint: 'the runner ended before the script began: the update is tried again by itself',
  },
  'run.survivors': {
    verdict: 'halt',
    exit: 75,
    hint: 'processes of an ended run cannot be stopped: stop them by hand; updates wait until they are gone',
  },

  'ledger.lost': {
    verdict: 'halt',
    exit: 74,
    hint: 'so that nothing runs twice, see ferryman new-ledger --help; an older copy of the ledger would have everything since run again',
  },
  'ledger.unreadable': {
    verdict: 'halt',
    exit: 74,
    hint: 'check the disk and the permissions; if the ledger is spoiled, see ferryman new-ledger --help',
  },
  'ledger.version': {
    verdict: 'halt',
    exit: 78,
    hint: 'start ferryman run of the newest version once: it brings the ledger up to date',
  },
  'ledger.disk-full': {
    verdict: 'retry',
    exit: 74,
    hint: 'free some space: nothing was lost, work goes on by itself',
  },
  'lock.held': {
    verdict: 'retry',
    exit: 75,
    hint: 'another ferryman works in this root: let it finish, or stop it',
  },

  'daemon.still-at-work': {
    verdict: 'retry',
    exit: 75,
    hint: 'it was left as it stands and nothing is lost; should it come again, look at the disk and the network, and report it with the text above',
  },

  'flood.user': {
    verdict: 'halt',
    exit: 78,
    hint: 'make the user (adduser --system --group ferryman), or name another as flood.user in config.toml',
  },
  'flood.rsync': {
    verdict: 'halt',
    exit: 69,
    hint: "install rsync 3.5.0 or later, which Debian's security archive has: apt install rsync",
  },
  'flood.not-here': {
    verdict: 'halt',
    exit: 66,
    hint: 'name an archive as ORIGIN/INCARNATION/SEQUENCE, a parcel by the first 8 or more digits of its digest, or as "ferryman neighbours" names it',
  },
  'contact.connect': {
    verdict: 'retry',
    exit: 74,
    hint: 'the neighbour is met again when it is heard; see ferryman neighbours',
  },
  'contact.busy': {
    verdict: 'retry',
    exit: 75,
    hint: 'nothing is wrong: it is met again within a minute',
  },
  'contact.cut': {
    verdict: 'retry',
    exit: 74,
    hint: 'what came whole is kept, and the rest is gone on with at the next contact',
  },
  'contact.refused': {
    verdict: 'retry',
    exit: 74,
    hint: 'see the log of the neighbour: it says why',
  },
  'contact.too-large': {
    verdict: 'reject',
    exit: 65,
    hint: 'the neighbour sends more than it may: nothing of it was kept',
  },
  'contact.wrong': {
    verdict: 'reject',
    exit: 65,
    hint: 'what came is in quarantine; "ferryman why" tells what is wrong with it: look at that neighbour',
  },
  'contact.other': {
    verdict: 'reject',
    exit: 65,
    hint: 'the neighbour is not who it should be, or speaks another language: look at that node',
  },
  'pool.disk': {
    verdict: 'retry',
    exit: 74,
    hint: "free some space, and look at this node's disk: the neighbour is not to blame, and what is lacking is fetched again",
  },
  'pool.misnamed': {
    verdict: 'reject',
    exit: 65,
    hint: 'the parcel is not what its name says: it is kept in quarantine, look at the neighbour that brought it',
  },
  'proxy.disk-full': {
    verdict: 'retry',
    exit: 74,
    hint: 'free some space: what is stored stays, the rest is brought again',
  },
  'proxy.index': {
    verdict: 'halt',
    exit: 74,
    hint: 'only a proxy has one, once ferryman has run there or taken archives; store.sqlite may be removed at any time: it is made anew from the archives',
  },
  'proxy.epoch': {
    verdict: 'halt',
    exit: 74,
    hint: 'remove the file, and have the office enrol this proxy anew: nothing is acknowledged until then',
  },
  'proxy.not-enrolled': {
    verdict: 'halt',
    exit: 78,
    hint: 'have the office enrol this node as a proxy: see ferryman enrol --help',
  },
  'proxy.other-role': {
    verdict: 'halt',
    exit: 78,
    hint: 'archives of logs are collected on a proxy: set one up with ferryman init --role proxy',
  },
  'proxy.suspended': {
    verdict: 'halt',
    exit: 78,
    hint: 'have the office enrol this proxy anew, with a new serial: then it acknowledges what it holds',
  },
  'proxy.store-damaged': {
    verdict: 'halt',
    exit: 74,
    hint: 'put the archive back from another copy if there is one: its origin has removed its own',
  },
  'proxy.no-zstd': { verdict: 'halt', exit: 69, hint: 'install zstd: apt install zstd' },
  'proxy.unreadable': {
    verdict: 'reject',
    exit: 65,
    hint: 'the archive is kept as it came: try ferryman logs unpack by hand, and look at its origin',
  },

  'service.failed': {
    verdict: 'halt',
    exit: 69,
    hint: 'see what systemctl says, and journalctl -u ferryman',
  },
  'service.missing': {
    verdict: 'halt',
    exit: 69,
    hint: 'ferryman install-service first: without it nothing would bring the old version back',
  },
  'self-update.refused': {
    verdict: 'halt',
    exit: 65,
    hint: 'nothing was changed; docs/service.md says what a new version has to hold',
  },

  'ssh.missing': { verdict: 'halt', exit: 69, hint: 'install openssh-client and openssh-server' },
  'ssh.failed': { verdict: 'halt', exit: 69, hint: 'what the program said is in the message' },
  'ssh.malformed': {
    verdict: 'reject',
    exit: 65,
    hint: 'expected a file as ssh-keygen -t ed25519 or ferryman enrol writes it',
  },
  'enrol.serial-used': {
    verdict: 'halt',
    exit: 73,
    hint: 'leave --serial out: the next free serial is taken',
  },
  'enrol.known-node': {
    verdict: 'halt',
    exit: 73,
    hint: 'only when the node was set up anew: give --again, and revoke the serials that it had',
  },
  'enrol.not-for-node': { verdict: 'reject', exit: 65, hint: 'fetch the bundle that was made for this node' },
  'enrol.older': { verdict: 'reject', exit: 65, hint: 'the node has a newer enrolment: keep it' },
  'enrol.no-user': {
    verdict: 'halt',
    exit: 69,
    hint: 'useradd --system --no-create-home --home-dir / --shell /bin/sh --password "*" ferryman',
  },
  'endpoint.refused': {
    verdict: 'reject',
    exit: 77,
    hint: 'a neighbour may call "summary" and "pull", nothing else',
  },
  'endpoint.busy': {
    verdict: 'retry',
    exit: 75,
    hint: 'enough neighbours are being served: call again later',
  },
  'endpoint.moving': {
    verdict: 'retry',
    exit: 75,
    hint: 'the role of the node was changed: start its daemon, which moves them',
  },
  'endpoint.unavailable': { verdict: 'halt', exit: 69, hint: 'install rsync 3.5.0 or later, with rrsync' },
  'fleet.unreachable': {
    verdict: 'retry',
    exit: 69,
    hint: 'look at the database that fleet.store names: archives are kept meanwhile, and all goes on when it answers',
  },
  'fleet.disk-full': {
    verdict: 'retry',
    exit: 74,
    hint: 'make room where the fleet store stands: archives are kept meanwhile, and all goes on then',
  },
  'fleet.unreadable': {
    verdict: 'halt',
    exit: 74,
    hint: 'put your backup of the fleet store back; without one, move it away and run ferryman fleet rebuild on each proxy: names, pauses and users are lost',
  },
  'fleet.missing': {
    verdict: 'halt',
    exit: 66,
    hint: 'look at fleet.store and --root; it is made by the first archive on a proxy, by ferryman office, and by ferryman fleet import',
  },
  'fleet.version': {
    verdict: 'halt',
    exit: 78,
    hint: 'a newer ferryman has worked with this fleet store: install the same version here',
  },
  'fleet.encoding': {
    verdict: 'halt',
    exit: 78,
    hint: 'make the database anew: createdb --encoding UTF8 --template template0 NAME',
  },

  'logs.not-enrolled': {
    verdict: 'halt',
    exit: 78,
    hint: 'logs are signed by an enrolled node: ferryman enrol request here, have the office sign it, ferryman enrol install',
  },
  'logs.busy': { verdict: 'retry', exit: 75, hint: 'another ferryman packs logs here: let it finish' },
  'logs.compress': {
    verdict: 'retry',
    exit: 74,
    hint: 'check that zstd is installed and works (apt install zstd), or set logs.compression = "gzip"',
  },
  'logs.disk-full': {
    verdict: 'retry',
    exit: 74,
    hint: 'free some space: no log is lost, they are packed by itself when there is room',
  },
  'logs.changing': {
    verdict: 'retry',
    exit: 75,
    hint: 'log files are truncated while they are read: the next try takes them',
  },
  'logs.refused': {
    verdict: 'reject',
    exit: 65,
    hint: 'believe nothing in this archive: it is not as ferryman packs logs',
  },

  'office.user': { verdict: 'halt', exit: 64, hint: 'ferryman office-user list shows who may log in' },
  'office.password': { verdict: 'halt', exit: 64, hint: 'choose a longer one: several words are good' },
  'office.busy': { verdict: 'retry', exit: 75, hint: 'wait some seconds, and try again' },
  'office.listen': {
    verdict: 'halt',
    exit: 69,
    hint: 'see what else listens there, or name another address in office.listen',
  },
  'publish.other-contents': {
    verdict: 'halt',
    exit: 65,
    hint: 'nothing was handed out: two contents under one number stop it on every node that sees both; sign it anew under another number',
  },
  'publish.disk-full': {
    verdict: 'retry',
    exit: 74,
    hint: 'free some space and publish again: what is there already stays',
  },
  'fleet.pattern': {
    verdict: 'halt',
    exit: 64,
    hint: 'give a text, or with --regexp a pattern as grep -E takes it',
  },
  'fleet.no-grep': { verdict: 'halt', exit: 69, hint: 'apt install grep util-linux' },
  'fleet.unknown': {
    verdict: 'halt',
    exit: 66,
    hint: 'ferryman fleet nodes and ferryman fleet updates list what the office knows',
  },
  'fleet.no-logs': {
    verdict: 'halt',
    exit: 66,
    hint: 'search on the proxy that unpacks them; a node that was heard only by SMS or USB reports has sent none',
  },
  'fleet.ambiguous': { verdict: 'halt', exit: 64, hint: 'give more digits, or all of them' },
  'fleet.name': {
    verdict: 'halt',
    exit: 64,
    hint: 'a name is printable, of at most 64 characters, neither a number nor like the beginning of a GUID, and no other node has it',
  },

  'alerts.failed': {
    verdict: 'retry',
    exit: 74,
    hint: 'look at [alerts] in config.toml and at the server that is named; what was to be told is kept and tried again',
  },
  'alerts.no-roads': {
    verdict: 'halt',
    exit: 78,
    hint: 'name webhooks or mail addresses in [alerts] of config.toml',
  },
  'sms.not-here': {
    verdict: 'halt',
    exit: 78,
    hint: 'texts are received on an enrolled proxy: see [sms] in config.toml, and ferryman enrol',
  },
  'report.failed': { verdict: 'retry', exit: 74, hint: 'the report is kept and tried again' },
  'system.permission': {
    verdict: 'halt',
    exit: 77,
    hint: 'run as root: ferryman keeps its state private to root',
  },
  'system.failed': { verdict: 'retry', exit: 74, hint: 'check the disk and the path that is named' },
  'internal.bug': {
    verdict: 'halt',
    exit: 70,
    hint: 'this is a defect in ferryman: please report it with the text above',
  },
} as const satisfies Record<string, ErrorKind>;

/** Every code that an error can carry. */
export type ErrorCode = keyof typeof kinds;

/** The closed table: code to verdict, exit status and hint. Source of `docs/errors.md`. */
export const errorTable: Readonly<Record<ErrorCode, ErrorKind>> = kinds;

/** What each exit status says, in words. */
export const exitMeanings: Readonly<Record<number, string>> = {
  64: 'usage: the command line is wrong',
  65: 'data: a file is not as it must be',
  66: 'no input: a file is not there',
  69: 'the service is not there, or systemd refuses',
  70: 'a defect in ferryman',
  73: 'cannot create: it is there already',
  74: 'input or output failed: disk, ledger',
  75: 'temporary: try again later',
  77: 'no permission',
  78: 'configuration',
};

/**
 * An expected failure: something outside was not as it must be.
 *
 * The message names the subject, what was expected and what was found, in lower case without a full stop.
 */
export class FerrymanError extends Error {
  override readonly name = 'FerrymanError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  get verdict(): Verdict {
    return kinds[this.code].verdict;
  }

  get exit(): number {
    return kinds[this.code].exit;
  }

  get hint(): string {
    return kinds[this.code].hint;
  }
}

/** The same failure, told with the thing it happened to: `update-42.zip: …`. */
export function about(subject: string, error: FerrymanError): FerrymanError {
  return new FerrymanError(error.code, `${subject}: ${error.message}`, { cause: error });
}

/** True for an error of the operating system with one of these codes (`ENOENT`, `ENOSPC`, …); without any, for all of them. */
export function isSystemError(error: unknown, ...codes: string[]): error is NodeJS.ErrnoException {
  return (
    error instanceof Error &&
    'syscall' in error &&
    'code' in error &&
    typeof error.code === 'string' &&
    (codes.length === 0 || codes.includes(error.code))
  );
}
