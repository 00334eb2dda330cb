using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DctNet.C2pa.Internal;
using DctNet.C2pa.Internal.Boxes;
using DctNet.C2pa.Internal.Claims;
using DctNet.C2pa.Internal.Containers;
using DctNet.C2pa.Signing;
using DctNet.C2pa.Verification;

namespace DctNet.C2pa;

/// <summary>
/// Makes a manifest of C2PA 2.4, signs it and puts it into a JPEG, PNG, WebP or AVIF. A manifest that the file has already is replaced; give
/// the file as <see cref="ManifestDefinition.Source"/> to carry that one over. What is carried over loses its thumbnails and every metadata
/// assertion that tells a place; each loss is declared as C2PA's rules of redaction ask.
/// </summary>
/// <remarks>Safe for concurrent use, as its parts are.</remarks>
public sealed class ManifestWriter
{
    /// <summary>C2PA version that claims are written by.</summary>
    public const string SpecificationVersion = "2.4.0";

    /// <summary>Room for a time-stamp at first: a token with its certificates has 3 to 7 KB.</summary>
    private const int InitialTokenBytes = 8 << 10;

    /// <summary>No token has this much.</summary>
    private const int MaxTokenBytes = 48 << 10;

    private readonly ISigner _signer;
    private readonly ITimeStamper? _timeStamper;
    private readonly ManifestVerifier _verifier;
    private readonly X509Certificate2 _certificate;
    private readonly byte[] _protected;
    private readonly int _signatureLength;

    /// <param name="signer">Signs the claims.</param>
    /// <param name="timeStamper">Stamps the signatures; null for none.</param>
    /// <param name="verifier">Judges the manifests of sources; null for one that trusts nobody.</param>
    /// <exception cref="C2paException">The signer's certificate cannot be read.</exception>
    public ManifestWriter(ISigner signer, ITimeStamper? timeStamper = null, ManifestVerifier? verifier = null)
    {
        ArgumentNullException.ThrowIfNull(signer);
        (_signer, _timeStamper, _verifier) = (signer, timeStamper, verifier ?? new ManifestVerifier(TrustList.Empty));
        try
        {
            _certificate = X509CertificateLoader.LoadCertificate(signer.Certificates[0].Span);
        }
        catch (CryptographicException problem)
        {
            throw new C2paException($"The signer's certificate cannot be read: {problem.Message}", problem);
        }

        _protected = CoseSignature.EncodeProtected(signer);
        _signatureLength = CoseSignature.SignatureLength(_certificate);
    }

    /// <summary>True for a file of a format that manifests are put into, by its first bytes.</summary>
    public static bool CanSign(ReadOnlySpan<byte> asset) => AssetContainer.Recognize(asset) is not null;

    /// <summary>Signs a file.</summary>
    /// <param name="asset">The file's bytes; the result looks into them.</param>
    /// <param name="definition">What the manifest says.</param>
    /// <param name="cancellationToken">Gives up waiting for signer and authority.</param>
    /// <exception cref="C2paException">The file cannot carry a manifest, or the signer or the authority failed.</exception>
    public async Task<SignedAsset> SignAsync(
        ReadOnlyMemory<byte> asset, ManifestDefinition definition, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(definition);
        var container = AssetContainer.Recognize(asset.Span)
            ?? throw new C2paException("The file is no JPEG, PNG, WebP or AVIF: it cannot carry a manifest.");
        var draft = ManifestDraft.Create(definition, container, _verifier);
        for (var tokenBytes = InitialTokenBytes; ; tokenBytes = MaxTokenBytes)
        {
            var stampedLength = _protected.Length + _signatureLength + tokenBytes;
            var signatureBox = _timeStamper is null
                ? SignatureBox(CoseSignature.Encode(_protected, new byte[_signatureLength]))
                : SignatureBox(CoseSignature.EncodeStamped(_protected, new byte[_signatureLength], [], stampedLength)!);
            var embedding = Prepare(container, asset, draft.StoreLength(signatureBox.Length));
            var claim = draft.Bind(embedding);

            var signature = await SignAsync(claim, cancellationToken);
            if (_timeStamper is null)
            {
                return Assemble(CoseSignature.Encode(_protected, signature));
            }

            var toBeStamped = CoseSignature.ToBeStamped(_protected, signature);
            var token = await _timeStamper.StampAsync(SHA256.HashData(toBeStamped), cancellationToken);
            if (CoseSignature.EncodeStamped(_protected, signature, token, stampedLength) is { } stamped)
            {
                return Assemble(stamped);
            }

            if (tokenBytes == MaxTokenBytes)
            {
                throw new C2paException($"The time-stamp has {token.Length} bytes: more than there is room for.");
            }

            SignedAsset Assemble(byte[] cose)
            {
                var store = draft.Assemble(SignatureBox(cose));
                var frame = container.Frame(store);
                return new SignedAsset(PieceSequence.Of([.. embedding.Before, frame, .. embedding.After]), store, draft.Label);
            }
        }
    }

    private static byte[] SignatureBox(byte[] cose) => JumbfWriter.Cbor(BoxTypes.Signature, Labels.Signature, cose);

    private static Embedding Prepare(AssetContainer container, ReadOnlyMemory<byte> asset, int storeLength)
    {
        try
        {
            return container.Prepare(asset, storeLength);
        }
        catch (MalformedException problem)
        {
            throw new C2paException($"The file cannot carry a manifest: {problem.Message}", problem);
        }
    }

    private async Task<byte[]> SignAsync(ReadOnlyMemory<byte> claim, CancellationToken cancellation)
    {
        var toBeSigned = CoseSignature.ToBeSigned("Signature1", _protected, claim.Span);
        var signature = CoseSignature.Normalize(await _signer.SignAsync(toBeSigned, cancellation), _signatureLength);

        // A key that is not the certificate's would make files that every reader calls forged.
        var made = CoseSignature.Parse(CoseSignature.Encode(_protected, signature));
        return made.Verify(claim.Span, _certificate) == true
            ? signature
            : throw new C2paException("The signer's signature does not match its certificate.");
    }
}
