namespace DctNet.C2pa.Internal;

/// <summary>Object identifiers in certificates.</summary>
internal static class Oids
{
    public const string Rsa = "1.2.840.113549.1.1.1";
    public const string Ed25519 = "1.3.101.112";
    public const string BasicConstraints = "2.5.29.19";
    public const string AnyExtendedKeyUsage = "2.5.29.37.0";

    /// <summary>Signs C2PA claims (C2PA certificate policy).</summary>
    public const string ClaimSigning = "1.3.6.1.4.1.62558.2.1";
    public const string EmailProtection = "1.3.6.1.5.5.7.3.4";
    public const string DocumentSigning = "1.3.6.1.5.5.7.3.36";
    public const string TimeStamping = "1.3.6.1.5.5.7.3.8";
    public const string OcspSigning = "1.3.6.1.5.5.7.3.9";
}
