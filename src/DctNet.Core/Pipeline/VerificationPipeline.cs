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
        var examined = await Compute.RunAsync(() => Examine(file, effort, keepsLuma: false, cancellation), cancellation);
        place.Leave();
        if (!examined.TryGet(out var found, out var failure))
        {
            return failure;
        }

        using var luma = found.Luma;
        return luma is not null && found.Report.Watermark is { Id: { } id, KeyId: { } keyId, Transform: { } transform }
            ? found.Report with
            {
                Ledger = await AskAsync(keyId, id, file, record => Compare(record, luma, transform, cancellation), tenant, cancellation),
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
        var examined = await Compute.RunAsync(() => Examine(file, DetectEffort.Fast, keepsLuma: hint is not null, cancellation), cancellation);
        place.Leave();
        if (!examined.TryGet(out var found, out var failure))
        {
            return failure;
        }

        using var luma = found.Luma;
        var mark = found.Report.Watermark;
        if ((mark.Id ?? hint) is not { } id || luma is null)
        {
            return Array.Empty<LedgerRecord>();
        }

        var kept = await ledger.FindAsync(mark.KeyId, id, cancellation);
        if (mark.Found || !kept.TryGet(out var records, out _))
        {
            return kept;
        }

        // All files under one mark are of one picture.
        return await Compute.RunAsync(
            () => records.GroupBy(record => record.KeyId)
                .Where(files => Compare(files.First(), luma, luma.Resized, cancellation) == ContentMatch.Matches).SelectMany(files => files).ToList(),
            cancellation);
    }

    private static ContentMatch Compare(LedgerRecord record, PictureLuma luma, TransformEstimate transform, CancellationToken cancellation) =>
        record.PerceptualHash is { } bytes && PerceptualHash.FromBytes(bytes.Span) is { } hash
            ? Telemetry.Measure("compare", () => hash.Compare(luma, transform, cancellation))
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
        if (!found.TryGet(out var records, out var failure))
        {
            span.Fail(failure.Code.Reason());
            return new LedgerFinding(LedgerState.Unavailable);
        }

        return await Compute.RunAsync(() => LedgerFinding.From(records, file.Span, looks, tenant, publicManifests), cancellation);
    }

    private Outcome<Examined> Examine(ReadOnlyMemory<byte> file, DetectEffort effort, bool keepsLuma, CancellationToken cancellation)
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

        // The pixels go before the place: a ledger that is slow would hold many of them.
        using var _ = picture;
        var watermark = Telemetry.Measure("detect-watermark", () => detector.Detect(picture.Pixels, effort, cancellation));
        return new Examined(
            new VerificationReport(credential, labels, watermark, new LedgerFinding(LedgerState.NotAsked)),
            watermark.Found || keepsLuma ? new PictureLuma(picture.Pixels) : null);
    }

    /// <summary>A report that the ledger was not asked for yet, and what to compare with its answer.</summary>
    private sealed record Examined(VerificationReport Report, PictureLuma? Luma);
}
