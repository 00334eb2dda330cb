namespace DctNet.Core.Watermark;

/// <summary>Whether a picture shows what was marked.</summary>
public enum ContentMatch
{
    /// <summary>Nothing to compare with, or too little: no record, a picture that was nearly flat when marked, or little of it left.</summary>
    Unknown,

    /// <summary>It is the file that was given out, or shows what was marked.</summary>
    Matches,

    /// <summary>It looks different: the mark was probably copied from another picture.</summary>
    Differs,
}
