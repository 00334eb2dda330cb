namespace DctNet.C2pa.Signing;

/// <summary>The signature algorithms that claims are signed with here (C2PA 2.4 allows more; the verifier reads all of them).</summary>
public enum SigningAlgorithm
{
    /// <summary>ECDSA on P-256 with SHA-256.</summary>
    Es256,

    /// <summary>ECDSA on P-384 with SHA-384.</summary>
    Es384,

    /// <summary>RSASSA-PSS with SHA-256, 2048 bits and more.</summary>
    Ps256,
}
