namespace DctNet.Core.Watermark;

/// <summary>Whether a picture shows what was marked.</summary>
public enum ContentMatch
{
    /// <summary>Too little to compare: the marked picture was nearly flat, or too little of it is left.</summary>
    Unknown,

    /// <summary>It shows what was marked.</summary>
    Matches,

    /// <summary>The mark was moved here from another picture.</summary>
    Differs,
}
