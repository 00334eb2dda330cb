namespace DctNet.Core.Provenance;

/// <summary>Whether a picture is the one that its mark was made for.</summary>
public enum ContentMatch
{
    /// <summary>There is nothing to compare it with.</summary>
    Unknown,

    /// <summary>It is the file that was given out, or looks like it.</summary>
    Matches,

    /// <summary>It looks different: the mark was probably copied from another picture.</summary>
    Differs,
}
