using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DctNet.C2pa.Verification;

/// <summary>Whom a verifier believes: roots of signers, and roots of time-stamp authorities.</summary>
public sealed class TrustList
{
    private TrustList(X509Certificate2Collection signers, X509Certificate2Collection timeStampers) =>
        (Signers, TimeStampers) = (signers, timeStampers);

    /// <summary>Nobody: then the best that a manifest can be is valid.</summary>
    public static TrustList Empty { get; } = new([], []);

    internal X509Certificate2Collection Signers { get; }

    internal X509Certificate2Collection TimeStampers { get; }

    /// <summary>Reads a list.</summary>
    /// <param name="signersPem">Root certificates of signers in PEM, such as C2PA's trust list.</param>
    /// <param name="timeStampersPem">Root certificates of time-stamp authorities in PEM, such as C2PA's TSA trust list.</param>
    /// <exception cref="C2paException">A certificate cannot be read.</exception>
    public static TrustList FromPem(string signersPem, string timeStampersPem = "")
    {
        try
        {
            var (signers, timeStampers) = (new X509Certificate2Collection(), new X509Certificate2Collection());
            signers.ImportFromPem(signersPem);
            timeStampers.ImportFromPem(timeStampersPem);
            return new TrustList(signers, timeStampers);
        }
        catch (CryptographicException problem)
        {
            throw new C2paException($"A trusted certificate cannot be read: {problem.Message}", problem);
        }
    }
}
