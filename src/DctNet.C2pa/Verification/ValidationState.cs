namespace DctNet.C2pa.Verification;

/// <summary>What is known of a file's manifest. Broken and unknown are different things: an untrusted manifest is whole.</summary>
public enum ValidationState
{
    /// <summary>There is none, or the file is of no format that has one.</summary>
    Absent,

    /// <summary>Something does not hold: the file was changed, or the manifest is broken or made against the rules.</summary>
    Invalid,

    /// <summary>What was examined holds, and the rest is made in a way that is not examined here (<c>algorithm.unsupported</c>): nobody knows.</summary>
    Unsupported,

    /// <summary>All holds, and the signer is not on the trust list: it may be anybody.</summary>
    Untrusted,

    /// <summary>All holds; there is no trust list to judge the signer by.</summary>
    Valid,

    /// <summary>All holds, and the signer is on the trust list.</summary>
    Trusted,
}
