using System.Security.Cryptography;
using DctNet.V1;
using Grpc.Core;

namespace DctNet.Client;

/// <summary>Writes the chunks of a streamed answer to a destination and holds them to their header: length and SHA-256.</summary>
internal sealed class AnswerReader(Stream destination, Transfer transfer)
{
    /// <summary>True once a byte of the answer was given to the destination: it has to be emptied before anything can be tried again.</summary>
    public bool HasWritten { get; private set; }

    /// <summary>Empties the destination, where something was written.</summary>
    public void Restart()
    {
        if (HasWritten)
        {
            destination.SetLength(0);
            HasWritten = false;
        }
    }

    /// <exception cref="DctNetException">The answer is not what its header promises.</exception>
    /// <exception cref="RpcException">The call failed.</exception>
    public async Task<ResultHeader> ReadAsync(IAsyncStreamReader<CartoonizeResponse> answer, CancellationToken cancellationToken)
    {
        if (!await answer.MoveNext(cancellationToken) || answer.Current.Header is not { } header)
        {
            throw Invalid("The answer does not begin with a header.");
        }

        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        ulong received = 0;
        transfer.AnswerBegan((long)header.TotalBytes);
        while (await answer.MoveNext(cancellationToken))
        {
            if (answer.Current.MessageCase != CartoonizeResponse.MessageOneofCase.Chunk)
            {
                throw Invalid("The answer has something else than chunks after its header.");
            }

            var chunk = answer.Current.Chunk.Memory;
            received += (ulong)chunk.Length;
            if (received > header.TotalBytes)
            {
                throw Invalid($"The answer is longer than the {header.TotalBytes} bytes that its header promises.");
            }

            HasWritten |= !chunk.IsEmpty;
            sha256.AppendData(chunk.Span);
            await destination.WriteAsync(chunk, cancellationToken);
            transfer.Received(chunk.Length);
        }

        if (received != header.TotalBytes)
        {
            throw Invalid($"The answer ended after {received} of {header.TotalBytes} bytes.");
        }

        if (!sha256.GetHashAndReset().AsSpan().SequenceEqual(header.Sha256.Span))
        {
            throw new DctNetException(StatusCode.DataLoss, "CHECKSUM_MISMATCH", "The answer's SHA-256 is not the one in its header.");
        }

        return header;
    }

    private static DctNetException Invalid(string message) => new(StatusCode.DataLoss, "INVALID_ANSWER", message);
}
