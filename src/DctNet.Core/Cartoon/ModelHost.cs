using System.Globalization;
using System.Text;
using DctNet.Core.Imaging;
using DctNet.Core.Inference;
using DctNet.Core.Models;

namespace DctNet.Core.Cartoon;

/// <summary>
/// The models in use, which can be exchanged under load: a picture that began with one set ends with it, and a set is freed when its
/// last picture is done. Safe for concurrent use.
/// </summary>
public sealed class ModelHost : IDisposable
{
    private readonly string _directory;
    private readonly InferenceOptions _options;
    private readonly Lock _reloading = new();
    private ModelSet _current;
    private string _seen;
    private bool _disposed;

    private ModelHost(string directory, InferenceOptions options, ModelSet current, string seen) =>
        (_directory, _options, _current, _seen) = (directory, options, current, seen);

    /// <summary>The catalog for new pictures.</summary>
    public ModelCatalog Catalog => Volatile.Read(ref _current).Catalog;

    /// <summary>The provider that really runs the networks; never <see cref="ExecutionProvider.Auto"/>.</summary>
    public ExecutionProvider Provider => Volatile.Read(ref _current).Cartoonizer.Provider;

    /// <summary>One sentence on why it is this provider, for the log.</summary>
    public string ProviderReason => Volatile.Read(ref _current).Cartoonizer.ProviderReason;

    /// <param name="directory">As for <see cref="ModelCatalog.Load"/>.</param>
    /// <param name="options">Provider and threads.</param>
    public static Outcome<ModelHost> Open(string directory, InferenceOptions options)
    {
        // Looked at before it is read: what changes in between is found at the next look.
        var seen = Fingerprint(directory);
        return ModelSet.Open(directory, options).TryGet(out var set, out var failure)
            ? new ModelHost(directory, options, set, seen)
            : failure;
    }

    /// <summary>
    /// Loads the directory anew, draws a small picture with every network, and only then lets new pictures use them. Whatever is wrong
    /// with them, the old ones stay.
    /// </summary>
    /// <param name="evenIfUnchanged">False: does nothing when the files are those of the last look, good or bad.</param>
    /// <param name="cancellation">Ends the trial; the old models stay.</param>
    /// <returns>Whether the models were exchanged, or what is wrong with the new ones.</returns>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public Outcome<bool> Reload(bool evenIfUnchanged, CancellationToken cancellation)
    {
        lock (_reloading)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var fingerprint = Fingerprint(_directory);
            if (fingerprint == _seen && !evenIfUnchanged)
            {
                return false;
            }

            _seen = fingerprint;
            if (!ModelSet.Open(_directory, _options).TryGet(out var next, out var failure))
            {
                return failure;
            }

            try
            {
                failure = Try(next, cancellation);
            }
            catch
            {
                next.Dispose();
                throw;
            }

            if (failure is not null)
            {
                next.Dispose();
                return failure;
            }

            Interlocked.Exchange(ref _current, next).Dispose();
            return true;
        }
    }

    /// <summary>Frees the models once the pictures under way are done.</summary>
    public void Dispose()
    {
        lock (_reloading)
        {
            if (!_disposed)
            {
                _disposed = true;
                _current.Dispose();
            }
        }
    }

    /// <summary>The models for one picture; dispose them when it is done.</summary>
    internal ModelSet Rent()
    {
        while (true)
        {
            var set = Volatile.Read(ref _current);
            if (set.TryEnter())
            {
                return set;
            }

            // Exchanged and freed between the two lines above: there is a newer one, unless the host is at its end.
            ObjectDisposedException.ThrowIf(ReferenceEquals(set, Volatile.Read(ref _current)), this);
        }
    }

    /// <summary>Draws a small picture with every network: what loads need not run. What is wrong, or null.</summary>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    internal Failure? Try(CancellationToken cancellation)
    {
        using var models = Rent();
        return Try(models, cancellation);
    }

    private Failure? Try(ModelSet models, CancellationToken cancellation)
    {
        foreach (var style in models.Catalog.Styles.DistinctBy(style => style.Network))
        {
            // Odd multiples, and not the same: a network of one size, or of another multiple than it says, shows here.
            var multiple = style.Network.SizeMultiple;
            using var blank = new PixelBuffer(5 * multiple, 7 * multiple, channels: 3);
            blank.Span.Fill(0x80);
            try
            {
                if (!models.Catalog.Select(style.Name).TryGet(out var selection, out var failure))
                {
                    return failure;
                }

                models.Cartoonizer.Render(blank, selection, cancellation).Dispose();
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                return new Failure(FailureCode.Internal, $"The network {style.Network.Label} in {_directory} does not run: {exception.Message}");
            }
        }

        return null;
    }

    /// <summary>
    /// Names, lengths and times of the directory's files, but for hidden ones, such as a download under way. Empty where it cannot be read.
    /// </summary>
    private static string Fingerprint(string directory)
    {
        try
        {
            var text = new StringBuilder();
            var files = new DirectoryInfo(directory).EnumerateFiles("*", SearchOption.AllDirectories).Where(file => !file.Name.StartsWith('.'));
            foreach (var file in files.OrderBy(file => file.FullName, StringComparer.Ordinal))
            {
                text.Append(CultureInfo.InvariantCulture, $"{file.FullName}\n{file.Length} {file.LastWriteTimeUtc.Ticks}\n");
            }

            return text.ToString();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
