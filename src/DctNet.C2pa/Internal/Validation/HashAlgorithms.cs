using System.Security.Cryptography;

namespace DctNet.C2pa.Internal.Validation;

/// <summary>The hash algorithms of C2PA by name.</summary>
internal static class HashAlgorithms
{
    /// <summary>The algorithm, or null where there is none of this name. SHA-256 is what unnamed hashes had before version 1.3.</summary>
    public static HashAlgorithmName? Find(string? name) => name switch
    {
        null or "sha256" => HashAlgorithmName.SHA256,
        "sha384" => HashAlgorithmName.SHA384,
        "sha512" => HashAlgorithmName.SHA512,
        _ => null,
    };
}
