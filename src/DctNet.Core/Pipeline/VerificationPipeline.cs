using DctNet.C2pa.Verification;
using DctNet.Core.Diagnostics;
using DctNet.Core.Imaging;
using DctNet.Core.Provenance;
using DctNet.Core.Watermark;

namespace DctNet.Core.Pipeline;

/// <summary>Examines a picture, layer by layer. Keeps nothing of it.</summary>
/// <param name="detector">Finds this service's marks.</param>
/// <param name="credentials">Judges content credentials.</param>
/// <param name="ledger">What was made under the marks.</param>
/// <param name="publicManifests">Whether everybody may have the manifests on record, or only the tenants for whom they were made.</param>
/// <param name="limits">What is refused before decoding.</param>
/// <remarks>Safe for concurrent use.</remarks>
public sealed class VerificationPipeline(
    WatermarkDetector detector, ManifestVerifier credentials, ILedger ledger, bool publicManifests, ImageLimits limits)
{
    /// <summary>As <see cref="CartoonPipeline.DecodedBytes"/>.</summary>
    public Outcome<long> DecodedBytes(ReadOnlyMemory<byte> file) =>
        ImageProbe.Read(file, limits).TryGet(out var header, out var failure) ? header.DecodedBytes(maxSide: null) : failure;

    /// <summary>Examines a picture: its credentials, labels and mark, and what is on record of the mark.</summary>
    /// <param name="file">The picture's file. Only read, and only until this returns.</param>
    /// <param name="effort">How far to look for the mark.</param>
    /// <param name="tenant">Who asks: decides what of the ledger it may see.</param>
    /// <param name="place">Left when the ledger is waited for.</param>
    /// <param name="cancellation">Ends the search.</param>
    /// <exception cref="OperationCanceledException">The caller went away; everything rented is returned.</exception>
    public async Task<Outcome<VerificationReport>> RunAsync(
        ReadOnlyMemory<byte> file, DetectEffort effort, string tenant, IComputePlace place, CancellationToken cancellation)
    {
        var examined = await Compute.RunAsync(() => Examine(file, effort, cancellation), cancellation);
        place.Leave();
        if (!examined.TryGet(out var found, out var failure))
        {
            return failure;
        }

        using var picture = found.Picture;
        return found.Report.Watermark is { Id: { } id, KeyId: { } keyId, Transform: { } transform }
            ? found.Report with
            {
                Ledger = await AskAsync(keyId, id, file, record => Compare(record, picture.Pixels, transform, cancellation), tenant, cancellation),
            }
            : found.Report;
    }

    /// <summary>What is on record of a picture, whoever asks: what to show is for the caller to decide.</summary>
    /// <param name="file">As in <see cref="RunAsync"/>.</param>
    /// <param name="hint">
    /// An id that somebody else read from the picture. It counts where no mark is found here, and for records only whose picture looks like
    /// this one, upright and whole.
    /// </param>
    /// <param name="place">As in <see cref="RunAsync"/>.</param>
    /// <param name="cancellation">As in <see cref="RunAsync"/>.</param>
    /// <exception cref="OperationCanceledException">As in <see cref="RunAsync"/>.</exception>
    public async Task<Outcome<IReadOnlyList<LedgerRecord>>> FindAsync(
        ReadOnlyMemory<byte> file, WatermarkId? hint, IComputePlace place, CancellationToken cancellation)
    {
        var examined = await Compute.RunAsync(() => Examine(file, DetectEffort.Fast, cancellation), cancellation);
        place.Leave();
        if (!examined.TryGet(out var found, out var failure))
        {
            return failure;
        }

        using var picture = found.Picture;
        var mark = found.Report.Watermark;
        if ((mark.Id ?? hint) is not { } id)
        {
            return Array.Empty<LedgerRecord>();
        }

        var kept = await ledger.FindAsync(mark.KeyId, id, cancellation);
        if (mark.Found || !kept.TryGet(out var records, out _))
        {
            return kept;
        }

        // All files under one mark are of one picture.
        var whole = TransformEstimate.Resized(picture.Pixels);
        return records.GroupBy(record => record.KeyId)
            .Where(files => Compare(files.First(), picture.Pixels, whole, cancellation) == ContentMatch.Matches).SelectMany(files => files).ToList();
    }

    private static ContentMatch Compare(LedgerRecord record, PixelBuffer pixels, TransformEstimate transform, CancellationToken cancellation) =>
        record.PerceptualHash is { } bytes && PerceptualHash.FromBytes(bytes.Span) is { } hash
            ? Telemetry.Measure("compare", () => hash.Compare(pixels, transform, cancellation))
            : ContentMatch.Unknown;

    private async Task<LedgerFinding> AskAsync(
        string keyId, WatermarkId id, ReadOnlyMemory<byte> file, Func<LedgerRecord, ContentMatch> looks, string tenant, CancellationToken cancellation)
    {
        if (!ledger.IsKept)
        {
            return new LedgerFinding(LedgerState.NotKept);
        }

        using var span = Telemetry.Start("ledger");
        var found = await ledger.FindAsync(keyId, id, cancellation);
        return found.TryGet(out var records, out _)
            ? LedgerFinding.From(records, file.Span, looks, tenant, publicManifests)
            : new LedgerFinding(LedgerState.Unavailable);
    }

    private Outcome<Examined> Examine(ReadOnlyMemory<byte> file, DetectEffort effort, CancellationToken cancellation)
    {
        if (!Telemetry.Measure("probe", () => ImageProbe.Read(file, limits)).TryGet(out var header, out var failure))
        {
            return failure;
        }

        var credential = Telemetry.Measure("verify-credential", () => credentials.Verify(file));
        var labels = Telemetry.Measure("read-labels", () => LabelReader.Read(file, header.Format));
        if (!Telemetry.Measure("decode", () => ImageDecoder.Decode(file, header)).TryGet(out var picture, out failure))
        {
            return failure;
        }

        try
        {
            var watermark = Telemetry.Measure("detect-watermark", () => detector.Detect(picture.Pixels, effort, cancellation));
            return new Examined(new VerificationReport(credential, labels, watermark, new LedgerFinding(LedgerState.NotAsked)), picture);
        }
        catch
        {
            picture.Dispose();
            throw;
        }
    }

    /// <summary>A report that the ledger was not asked for yet, and the picture to compare with what it says.</summary>
    private sealed record Examined(VerificationReport Report, DecodedImage Picture);
}
