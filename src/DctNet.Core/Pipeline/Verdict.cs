namespace DctNet.Core.Pipeline;

/// <summary>What the layers say together.</summary>
public enum Verdict
{
    /// <summary>No layer says anything; that is no statement about how the picture was made.</summary>
    None,

    /// <summary>The file says so of itself, without proof.</summary>
    Claimed,

    /// <summary>
    /// Proven: a content credential over the whole file by a trusted signer, whatever it says of the origin; or this service's mark on the very
    /// picture that is on record under it.
    /// </summary>
    Verified,
}
