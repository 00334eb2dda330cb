namespace DctNet.Core.Pipeline;

/// <summary>What the layers say together.</summary>
public enum Verdict
{
    /// <summary>No layer says anything; that is no statement about how the picture was made.</summary>
    None,

    /// <summary>The file says so of itself, without proof.</summary>
    Claimed,

    /// <summary>A layer that only this service can write says so.</summary>
    Verified,
}
