using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DctNet.C2pa.Signing;

/// <summary>What the signers whose key is elsewhere share.</summary>
internal static class RemoteSignature
{
    public static SigningAlgorithm AlgorithmOf(IReadOnlyList<ReadOnlyMemory<byte>> certificates)
    {
        ArgumentOutOfRangeException.ThrowIfZero(certificates.Count, nameof(certificates));
        try
        {
            using var leaf = X509CertificateLoader.LoadCertificate(certificates[0].Span);
            return CertificateChain.AlgorithmOf(leaf);
        }
        catch (CryptographicException problem)
        {
            throw new C2paException($"The signer's certificate cannot be read: {problem.Message}", problem);
        }
    }

    /// <summary>Posts to a service and reads its answer, both together within the time-out of the transport, which by itself ends with the headers.</summary>
    /// <exception cref="C2paException">There is no answer, a refusal, or one of a wrong length.</exception>
    public static async Task<byte[]> PostAsync(
        HttpClient http, Uri address, string contentType, ReadOnlyMemory<byte> data, int maxBytes, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(http.Timeout);
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ReadOnlyMemoryContent(data) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
            response.EnsureSuccessStatusCode();
            await using var body = await response.Content.ReadAsStreamAsync(patience.Token);
            return NotEmpty(await ReadAsync(body, maxBytes, patience.Token));
        }
        catch (OperationCanceledException problem) when (!cancellation.IsCancellationRequested)
        {
            throw new C2paException($"{address.Host} did not answer within {http.Timeout.TotalSeconds} s.", problem);
        }
        catch (Exception problem) when (problem is HttpRequestException or IOException or InvalidDataException)
        {
            throw new C2paException($"{address.Host} gave no answer: {problem.Message}", problem);
        }
    }

    /// <summary>All of an answer.</summary>
    /// <exception cref="InvalidDataException">It is too long.</exception>
    public static async Task<byte[]> ReadAsync(Stream stream, int maxBytes, CancellationToken cancellation)
    {
        var buffer = new byte[maxBytes + 1];
        var read = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation);
        return read <= maxBytes ? buffer[..read] : throw new InvalidDataException($"the answer has more than {maxBytes} bytes");
    }

    /// <exception cref="InvalidDataException">It is.</exception>
    public static byte[] NotEmpty(byte[] answer) => answer.Length > 0 ? answer : throw new InvalidDataException("the answer is empty");
}
