namespace DctNet.Client;

/// <summary>How far an item is, seen from the client.</summary>
internal enum BulkPhase
{
    /// <summary>To be announced on the present session, which does not know its id.</summary>
    Waiting,

    /// <summary>To be announced after a pause.</summary>
    Pausing,

    /// <summary>Announced; bytes are to be sent.</summary>
    Sending,

    /// <summary>All is sent; the server owes the result.</summary>
    Sent,

    /// <summary>Cancelled by this client; the server owes the status.</summary>
    Withdrawn,

    /// <summary>The result is here and with the caller.</summary>
    Ended,

    /// <summary>The caller is done with the result; the server is told.</summary>
    Confirmed,
}
