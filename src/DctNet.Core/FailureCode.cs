namespace DctNet.Core;

/// <summary>
/// Every way in which a picture can be refused. The service maps each to one gRPC status (<c>Wire/FailureStatus</c>) and one HTTP status
/// (<c>SoftBinding/FailureProblem</c>); a new member must be added to both.
/// </summary>
public enum FailureCode
{
    /// <summary>No bytes at all.</summary>
    EmptyInput,

    /// <summary>The bytes are no image of an accepted format. Formats that are recognised but not read (HEIC) are named.</summary>
    UnsupportedFormat,

    /// <summary>An accepted format whose content is truncated or damaged.</summary>
    CorruptImage,

    /// <summary>More than one frame or page.</summary>
    AnimatedImage,

    /// <summary>More bytes than the server accepts.</summary>
    UploadTooLarge,

    /// <summary>A side or the pixel count is over the limit, known from the header alone.</summary>
    ImageTooLarge,

    /// <summary>A side is under the smallest that is accepted.</summary>
    ImageTooSmall,

    /// <summary>An upload stood still, or took longer as a whole, than the server waits.</summary>
    UploadStalled,

    /// <summary>The caller stopped reading its result.</summary>
    DownloadStalled,

    /// <summary>Bytes came that are not those that were sent: their checksum says so.</summary>
    ChecksumMismatch,

    /// <summary>Messages of a stream came in an order that the contract does not have.</summary>
    ProtocolViolation,

    /// <summary>The catalog has no such style.</summary>
    UnknownStyle,

    /// <summary>A request option is out of range or contradicts another.</summary>
    InvalidOption,

    /// <summary>The server holds as much work as it may; try again later.</summary>
    Overloaded,

    /// <summary>The signer of content credentials, or its time-stamp authority, cannot be reached or refuses; try again later.</summary>
    SigningUnavailable,

    /// <summary>The caller or its tenant has as much in the server as it may, or sends or asks faster than it may; try again later.</summary>
    QuotaExceeded,

    /// <summary>The server is stopping; another, or the next, goes on.</summary>
    Stopping,

    /// <summary>The ledger cannot be written now, and what is not on record is not given out; try again later.</summary>
    LedgerUnavailable,

    /// <summary>A fault of ours. The message says what, never with content of the picture.</summary>
    Internal,
}
