using System.Security.Cryptography;
using System.Text.Json;
using DctNet.Core;
using DctNet.Core.Models;

namespace DctNet.ModelTools;

/// <summary>Downloads weights, checks them, converts them and enters them into a directory of models.</summary>
/// <remarks>
/// A download that was cut off goes on where it ended, in the same call or in a later one. Where the source names no SHA-256, the first
/// file that proved to be DCT-Net is pinned in <c>models.lock.json</c> beside the catalog, and any other is refused from then on.
/// </remarks>
/// <param name="http">Follows redirects; see <see cref="CreateHttpClient"/>.</param>
/// <param name="time">For waits between attempts, and for giving up a server that stands still.</param>
public sealed class ModelPuller(HttpClient http, TimeProvider time)
{
    /// <summary>Attempts in a row that bring not one byte.</summary>
    private const int MaxFruitlessAttempts = 4;

    private static readonly TimeSpan s_firstWait = TimeSpan.FromSeconds(1);

    /// <summary>A client that follows at most eight redirects, never from https to http. Stalls are the puller's to notice.</summary>
    public static HttpClient CreateHttpClient() =>
        new(new SocketsHttpHandler { MaxAutomaticRedirections = 8, ConnectTimeout = TimeSpan.FromSeconds(30) }) { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>Gets a source's weights and enters them under a name.</summary>
    /// <param name="source">Where from.</param>
    /// <param name="name">The style's name from now on.</param>
    /// <param name="directory">The models' directory; made where it is missing.</param>
    /// <param name="progress">Told the bytes that are here, and those of the whole where known.</param>
    /// <param name="cancellationToken">Ends the download; what is here of it stays for the next call.</param>
    /// <returns>The style; or what went wrong, with the directory's catalog as it was.</returns>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="IOException">The directory cannot be changed, or another process downloads the same file to it.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory may not be changed.</exception>
    public async Task<Outcome<CatalogStyle>> PullAsync(
        ModelSource source, string name, string directory, IProgress<(long Done, long? Total)>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (CatalogWriter.WrongName(name) is { } wrong)
        {
            return wrong;
        }

        try
        {
            Directory.CreateDirectory(directory);
            await using var part = PartialFile.Open(directory, source.Url);
            var pins = new LockFile(directory);
            var pin = source.Sha256 is null ? pins.Find(source.Url) : null;
            var expected = source.Sha256 ?? pin?.Sha256;
            var download = new Download(http, time, source.Url, part, source.Bytes ?? pin?.Bytes, expected is not null, progress);
            if (await CompleteAsync(download, cancellationToken) is { } problem)
            {
                return problem;
            }

            var file = await part.ReadAllAsync(cancellationToken);
            var actual = Convert.ToHexStringLower(SHA256.HashData(file));
            if (expected is not null && !string.Equals(actual, expected, StringComparison.OrdinalIgnoreCase))
            {
                part.Delete();
                var known = source.Sha256 is null ? "the first download's, pinned in models.lock.json, is" : "the list of sources says";
                return Wrong(source.Url, $"the file has SHA-256 {actual}; {known} {expected}");
            }

            if (!ModelInstaller.Convert(file, cancellationToken).TryGet(out var network, out var failure))
            {
                part.Delete();
                return failure;
            }

            // Before the catalog, so that nothing is ever entered and not pinned.
            pins.Add(source.Url, new Pin(file.Length, actual));
            var terms = new ModelTerms(source.Licence, $"{source.Origin} From {source.Url}, SHA-256 {actual}.");
            if (ModelInstaller.Enter(network, name, directory, terms).TryGet(out var style, out failure))
            {
                part.Delete();
                return style;
            }

            return failure;
        }
        catch (JsonException e)
        {
            return new Failure(FailureCode.Internal, $"models.lock.json in {directory} is damaged: {e.Message}");
        }
    }

    private async Task<Failure?> CompleteAsync(Download download, CancellationToken cancellationToken)
    {
        var wait = s_firstWait;
        for (var fruitless = 0; ;)
        {
            var before = download.Done;
            if (await download.AttemptAsync(cancellationToken) is not { } interruption)
            {
                return null;
            }

            if (interruption.IsFinal)
            {
                return Wrong(download.Url, interruption.Reason);
            }

            (fruitless, wait) = download.Done > before ? (0, s_firstWait) : (fruitless + 1, wait * 2);
            if (fruitless == MaxFruitlessAttempts)
            {
                var rest = download.GoesOn ? "; what came so far is kept, and the same command goes on from there" : "";
                return Wrong(download.Url, $"{interruption.Reason}{rest}");
            }

            await Task.Delay(wait, time, cancellationToken);
        }
    }

    private static Failure Wrong(Uri url, string reason) => new(FailureCode.Internal, $"{url} cannot be pulled: {reason}.");
}
