namespace DctNet.C2pa.Verification;

/// <summary>What a status code means for the manifest.</summary>
public enum StatusKind
{
    /// <summary>A check was passed.</summary>
    Success,

    /// <summary>Worth knowing, and no reason for or against.</summary>
    Informational,

    /// <summary>A check was not passed.</summary>
    Failure,
}
