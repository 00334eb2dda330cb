using System.ComponentModel;
using System.Diagnostics;

namespace DctNet.C2pa.Signing;

/// <summary>
/// Signs by a program: it gets the data on standard input and writes the signature to standard output, for example
/// <c>openssl dgst -sha256 -sign key.pem</c>, or the command line of a key service.
/// </summary>
public sealed class ProcessSigner : ISigner
{
    /// <summary>Far more than a signature; a program that writes more is the wrong one.</summary>
    private const int MaxSignatureBytes = 16 << 10;

    private readonly IReadOnlyList<string> _command;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;

    /// <param name="command">Program and arguments; no shell is between.</param>
    /// <param name="certificates">As <see cref="CertificateChain"/> reads them.</param>
    /// <param name="timeout">How long one signature may take.</param>
    /// <param name="time">The clock for it; null for the system's.</param>
    /// <exception cref="C2paException">The certificate's key signs no claims here.</exception>
    public ProcessSigner(
        IReadOnlyList<string> command, IReadOnlyList<ReadOnlyMemory<byte>> certificates, TimeSpan timeout, TimeProvider? time = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(command.Count, nameof(command));
        (_command, _timeout, _time) = (command, timeout, time ?? TimeProvider.System);
        (Certificates, Algorithm) = (certificates, RemoteSignature.AlgorithmOf(certificates));
    }

    /// <inheritdoc/>
    public IReadOnlyList<ReadOnlyMemory<byte>> Certificates { get; }

    /// <inheritdoc/>
    public SigningAlgorithm Algorithm { get; }

    /// <inheritdoc/>
    public async ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(_command[0], _command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var timeout = new CancellationTokenSource(_timeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            using var process = Process.Start(start)!;
            try
            {
                return await TalkAsync(process, data, both.Token);
            }
            catch
            {
                process.Kill(entireProcessTree: true);
                throw;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new C2paException($"{_command[0]} gave no signature within {_timeout.TotalSeconds:0.#} s.");
        }
        catch (Exception problem) when (problem is Win32Exception or IOException or InvalidDataException)
        {
            throw new C2paException($"{_command[0]} gave no signature: {problem.Message}", problem);
        }
    }

    private static async Task<byte[]> TalkAsync(Process process, ReadOnlyMemory<byte> data, CancellationToken cancellation)
    {
        var errors = process.StandardError.ReadToEndAsync(cancellation);
        var signature = RemoteSignature.ReadAsync(process.StandardOutput.BaseStream, MaxSignatureBytes, cancellation);
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(data, cancellation);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It went away without reading; its exit code says why.
        }

        var bytes = await signature;
        var said = (await errors).Trim();
        await process.WaitForExitAsync(cancellation);
        if (process.ExitCode != 0)
        {
            throw new InvalidDataException($"exit code {process.ExitCode}. {said[..Math.Min(said.Length, 500)]}");
        }

        return RemoteSignature.NotEmpty(bytes);
    }
}
