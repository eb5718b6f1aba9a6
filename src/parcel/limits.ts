/** The ceilings of the format, all in one place. Spec: docs/format.md §7. */

const kib = 1024;
const mib = 1024 * kib;
const gib = 1024 * mib;

/** Bytes of all files in a parcel together, uncompressed, the manifest not counted. */
export const maxContentBytes = gib;
/** Bytes of a whole parcel file: contents that do not compress, plus headers, manifest and signatures. */
export const maxParcelBytes = gib + 64 * mib;
/** Files in a parcel, the manifest not counted. */
export const maxFiles = 60_000;
/** Bytes of `manifest.json`. */
export const maxManifestBytes = 16 * mib;
/** Signature blocks on a parcel. */
export const maxSignatures = 16;
/** Bytes of one signature block. */
export const maxBlockBytes = kib;
/** Bytes of a trusted comment: so many fit into a block. An enrolment with four signatures takes 656. */
export const maxTrustedCommentBytes = 768;
/** Bytes of one path in a parcel. */
export const maxPathBytes = 255;
/** Folders plus the file name in one path. */
export const maxPathDepth = 16;
/** Bytes of a title. */
export const maxTitleBytes = 200;
/** Recipients named by one update. */
export const maxRecipients = 10_000;
/** Ranges in one of `requires` or `supersedes`. */
export const maxRanges = 1_000;
/** Sequences that one update may require, ranges counted out. */
export const maxRequired = 10_000;
/** Seconds that a script may be given: 14 days. */
export const maxTimeoutSeconds = 14 * 24 * 3600;
/** Attempts that a manifest may ask for. */
export const maxAttempts = 100;
/** Bytes of a whole pass, signatures included, and of its manifest. */
export const maxPassBytes = 64 * kib;
/** Recipients named by one pass: so many fit. */
export const maxPassRecipients = 1_000;
/** Bytes of a technician's name. */
export const maxTechnicianBytes = 100;
/** Bytes of a USB device's serial number: 126 characters of a string descriptor, and some to spare. */
export const maxSerialBytes = 200;
/** Visits to each node that a pass may be limited to. */
export const maxPassUses = 1_000_000;
/** Updates, and files, that receipts of one visit tell of. */
export const maxReceipts = 1_000;
/** Bytes of a text in receipts. */
export const maxReceiptTextBytes = 1_000;
/** Bytes of `receipts.json`. */
export const maxReceiptsBytes = 8 * mib;
/** Signatures of the office on one enrolment. */
export const maxEnrolmentSignatures = 4;
/** Bytes of a whole enrolment bundle, signatures included, and of what it holds. */
export const maxBundleBytes = 256 * kib;
/** Bytes of a whole roster, signatures included, and of its manifest. */
export const maxRosterBytes = mib;
/** Serials and ranges of them that one roster revokes. */
export const maxRevoked = 10_000;
/** Incarnations that one roster closes. */
export const maxClosed = 1_000;
/** Bytes of a whole archive of logs, its signature included. */
export const maxLogBytes = 32 * mib;
/** Bytes of a whole archive of class `short`. */
export const maxShortLogBytes = 256 * kib;
/** Bytes of all files in an archive of logs together, as the zip counts them: `logs.tar.zst` is one of them, not what is in it. */
export const maxLogContentBytes = 64 * mib;
/** Bytes of the manifest of an archive of logs. */
export const maxLogManifestBytes = 64 * kib;
/** Files in an archive of logs. */
export const maxLogFiles = 16;
/** Bytes of a whole acknowledgement, its signature included, and of its manifest. */
export const maxAckBytes = mib;
/** The last shard of a proxy. */
export const maxShard = 65_535;
/** Origins in one acknowledgement; an incarnation counts as one. */
export const maxAckOrigins = 250;
/** Ranges in one of `held` or `voids`, and in one set of a summary. */
export const maxHeldRanges = 10_000;
/** Bytes of a ping. */
export const maxPingBytes = 1_200;
/** Bytes of a summary. */
export const maxSummaryBytes = 4 * mib;
/** Items in one list of a summary: more than fit. */
export const maxSummaryItems = 100_000;
/** Bytes of a line in `contacts.jsonl`, its line feed not counted. */
export const maxContactBytes = kib;
/** Bytes of the reason in a contact. */
export const maxContactReasonBytes = 200;

/** The line of `node.jsonl`. */
export const maxNodeFactsBytes = 16 * kib;
/** As many as the configuration takes. */
export const maxNodeGroups = 100;
export const maxVersionBytes = 100;
/** Visits of USB keys that a node tells of. */
export const maxToldVisits = 10;
/** Of a technician, and of a volume. */
export const maxVisitTextBytes = 100;
