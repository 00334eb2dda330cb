namespace DctNet.C2pa.Signing;

/// <summary>
/// Signs by a service: <c>POST</c> of the data as <c>application/octet-stream</c>, answered with the signature's bytes. A few lines in front of a
/// key management service make one.
/// </summary>
public sealed class HttpSigner : ISigner
{
    private const int MaxSignatureBytes = 16 << 10;

    private readonly HttpClient _http;
    private readonly Uri _address;

    /// <param name="http">The transport, with its credentials and time-outs. Stays the caller's.</param>
    /// <param name="address">The service's address.</param>
    /// <param name="certificates">As <see cref="CertificateChain"/> reads them.</param>
    /// <exception cref="C2paException">The certificate's key signs no claims here.</exception>
    public HttpSigner(HttpClient http, Uri address, IReadOnlyList<ReadOnlyMemory<byte>> certificates)
    {
        (_http, _address) = (http, address);
        (Certificates, Algorithm) = (certificates, RemoteSignature.AlgorithmOf(certificates));
    }

    /// <inheritdoc/>
    public IReadOnlyList<ReadOnlyMemory<byte>> Certificates { get; }

    /// <inheritdoc/>
    public SigningAlgorithm Algorithm { get; }

    /// <inheritdoc/>
    public async ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken) =>
        await RemoteSignature.PostAsync(_http, _address, "application/octet-stream", data, MaxSignatureBytes, cancellationToken);
}
