namespace DctNet.Service.Scheduling;

/// <summary>Who waits for a place.</summary>
internal enum Lane
{
    /// <summary>Somebody waits for this one picture.</summary>
    Interactive,

    /// <summary>One of many, of a stream that is not in a hurry.</summary>
    Bulk,
}
