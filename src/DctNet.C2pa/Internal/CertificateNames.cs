using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DctNet.C2pa.Verification;

namespace DctNet.C2pa.Internal;

/// <summary>Parts of a distinguished name.</summary>
internal static class CertificateNames
{
    public const string CommonName = "2.5.4.3";
    public const string Organization = "2.5.4.10";
    public const string OrganizationalUnit = "2.5.4.11";

    /// <summary>The first value of an attribute as <see cref="ForeignText.Plain"/> has it, or null; never throws, whatever the name is made of.</summary>
    public static string? Find(X500DistinguishedName name, string oid)
    {
        try
        {
            return name.EnumerateRelativeDistinguishedNames()
                .FirstOrDefault(part => !part.HasMultipleElements && part.GetSingleElementType().Value == oid)?
                .GetSingleElementValue() is { } value ? ForeignText.Plain(value) : null;
        }
        catch (Exception problem) when (problem is CryptographicException or InvalidOperationException)
        {
            return null;
        }
    }
}
