namespace DctNet.Core.Provenance;

/// <summary>What became of looking for one layer of metadata.</summary>
public enum LayerState
{
    /// <summary>Not there. Says nothing about how the picture was made: metadata is easily stripped.</summary>
    Absent,

    /// <summary>There and read.</summary>
    Present,

    /// <summary>There, or the file around it is, but damaged or hostile.</summary>
    Unreadable,
}
