using System.Buffers;
using System.Security.Cryptography;
using DctNet.Core.Cartoon;
using DctNet.Core.Diagnostics;
using DctNet.Core.Imaging;
using DctNet.Core.Models;
using DctNet.Core.Provenance;
using DctNet.Core.Watermark;

namespace DctNet.Core.Pipeline;

/// <summary>One picture's way through the house: <see cref="Make"/> is the list of its stages.</summary>
/// <remarks>Safe for concurrent use. How many pictures may be in it at once is the caller's to bound.</remarks>
public sealed class CartoonPipeline(
    ModelHost models,
    WatermarkKeyRing keys,
    CredentialIssuer? issuer,
    ILedger ledger,
    LabelTemplate labels,
    ImageLimits limits,
    bool requireMark,
    TimeProvider time)
{
    /// <summary>Large enough to be marked, small enough to be drawn at once.</summary>
    private const int WarmUpSide = 256;

    private readonly WatermarkEmbedder _embedder = new(keys);
    private readonly WatermarkDetector _detector = new(keys);

    /// <summary>What is wrong with a request, its picture apart; null when nothing is. For refusing it before the picture has come.</summary>
    public Failure? Check(CartoonRequest request) => request.Validate() ?? models.Catalog.Select(request.Style).Failure;

    /// <summary>Bytes of the decoded picture, from its header, or why it is refused: a picture that is not to be decoded need not wait for a place.</summary>
    public Outcome<long> DecodedBytes(CartoonRequest request)
    {
        if (ImageProbe.Read(request.File, limits).TryGet(out var header, out var failure))
        {
            return header.DecodedBytes(request.MaxSide);
        }

        using var picture = Telemetry.StartPicture(request.File.Length);
        return picture.Refused(failure);
    }

    /// <summary>Makes a cartoon of a portrait. The returned file is marked, labelled and on record.</summary>
    /// <param name="request">The portrait and what to make of it.</param>
    /// <param name="place">What it computes by; left when the picture is made, and still held when it cannot be. Null where nobody waits.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="OperationCanceledException">The caller went away; everything rented is returned.</exception>
    public async Task<Outcome<CartoonResult>> RunAsync(CartoonRequest request, IComputePlace? place, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var picture = Telemetry.StartPicture(request.File.Length);
        if (request.Validate() is { } invalid)
        {
            return picture.Refused(invalid);
        }

        using var model = models.Rent();
        if (!model.Catalog.Select(request.Style).TryGet(out var style, out var failure))
        {
            return picture.Refused(failure);
        }

        picture.Style = style.IsMixture ? "mixture" : style.ToString();
        try
        {
            var made = await Compute.RunAsync(() => Make(request, model.Cartoonizer, style, place, cancellation), cancellation);
            if (!made.TryGet(out var draft, out failure))
            {
                return picture.Refused(failure);
            }

            place?.Leave();
            if (!(await SignAsync(request, draft, cancellation)).TryGet(out var result, out failure))
            {
                return picture.Refused(failure);
            }

            using (var span = Telemetry.Start("record"))
            {
                if (await ledger.RecordAsync(Record(request, result), cancellation) is { } unrecorded)
                {
                    span.Fail(unrecorded.Code.Reason());
                    return picture.Refused(unrecorded);
                }
            }

            picture.Done(result.File.Length);
            return result;
        }
        catch (OperationCanceledException)
        {
            picture.Cancelled();
            throw;
        }
    }

    /// <summary>
    /// Tries every network, and makes a cartoon of a blank picture, so that the first caller does not wait for compilers and allocators.
    /// </summary>
    /// <exception cref="InvalidOperationException">A network does not run, or the pipeline refuses its own picture.</exception>
    public void WarmUp(CancellationToken cancellation)
    {
        if (models.Try(cancellation) is { } problem)
        {
            throw new InvalidOperationException(problem.Message);
        }

        using var blank = new PixelBuffer(WarmUpSide, WarmUpSide, channels: 3);
        blank.Span.Fill(0x80);
        var file = Require(ImageEncoder.Encode(blank, new EncodeOptions { Format = ImageFormat.Png }));
        var request = new CartoonRequest { File = file.Bytes, Tenant = "" };
        using var model = models.Rent();
        Require(Make(request, model.Cartoonizer, Require(model.Catalog.Select(request.Style)), place: null, cancellation));

        static T Require<T>(Outcome<T> outcome)
            where T : notnull =>
            outcome.TryGet(out var value, out var failure) ? value : throw new InvalidOperationException(failure.Message);
    }

    private Outcome<Draft> Make(
        CartoonRequest request, Cartoonizer cartoonizer, StyleSelection style, IComputePlace? place, CancellationToken cancellation)
    {
        if (!Telemetry.Measure("probe", () => ImageProbe.Read(request.File, limits)).TryGet(out var header, out var failure))
        {
            return failure;
        }

        if (!Telemetry.Measure("decode", () => ImageDecoder.Decode(request.File, header, request.MaxSide)).TryGet(out var portrait, out failure))
        {
            return failure;
        }

        using var _ = portrait;
        if (requireMark && WatermarkEmbedder.Refusal(portrait.Pixels.Width, portrait.Pixels.Height) is { } reason)
        {
            return NoRoom(reason);
        }

        // Allocated before inference, so that whatever comes of the picture can be told by it.
        var id = request.AllocateId(keys.Embedding, style);
        GiveWay();

        // A portrait that is an output of this service is the parent of what is made of it.
        var parent = Telemetry.Measure("find-parent", () => _detector.Detect(portrait.Pixels, DetectEffort.Fast, cancellation));
        using var cartoon = Telemetry.Measure("stylize", () => cartoonizer.Stylize(portrait.Pixels, style, cancellation, GiveWay));
        if (request.Strength < 1)
        {
            using var span = Telemetry.Start("blend");
            cartoon.Blend(portrait.Pixels, request.Strength);
        }

        // Before the watermark, which would have a hole under it otherwise.
        var visible = request.VisibleLabel || labels.VisibleLabel;
        if (visible)
        {
            using var span = Telemetry.Start("visible-label");
            VisibleLabel.Draw(cartoon.Pixels);
        }

        GiveWay();

        // Where the portrait shows through, so does its mark.
        var mark = Telemetry.Measure("watermark", () => _embedder.Embed(cartoon.Pixels, id, replaced: request.Strength < 1 ? parent : null));
        if (requireMark && mark.Reason is { } unmarked)
        {
            return NoRoom(unmarked);
        }

        var look = mark.Marked ? Telemetry.Measure("hash", () => PerceptualHash.Of(cartoon.Pixels)) : null;
        var sourceType = SourceType(style, request.Strength);
        var label = labels.For(sourceType, style.Model, id, time.GetUtcNow());
        var claims = SourceClaims.Read(portrait.Metadata);
        var xmp = Telemetry.Measure("label", () => XmpWriter.Write(label, claims));

        GiveWay();
        var options = new EncodeOptions { Format = request.Format, Quality = request.Quality, Xmp = xmp };
        if (!Telemetry.Measure("encode", () => ImageEncoder.Encode(cartoon.Pixels, options)).TryGet(out var file, out failure))
        {
            return failure;
        }

        var result = new CartoonResult
        {
            Format = file.Format,
            File = new ReadOnlySequence<byte>(file.Bytes),
            Width = cartoon.Pixels.Width,
            Height = cartoon.Pixels.Height,
            Style = style.ToString(),
            Strength = request.Strength,
            Models = [.. style.Parts.Select(part => part.Network.Label)],
            FaceCount = cartoon.FaceCount,
            Id = id,
            ParentId = parent.Id,
            Watermark = mark,
            Look = look,
            VisibleLabel = visible,
            DigitalSourceType = sourceType,
        };
        return new Draft(result, file, label, claims.InstanceId);

        static Failure NoRoom(string reason) =>
            new(FailureCode.ImageTooSmall, $"Results bear a watermark here, and this picture has no room for one. {reason}");

        void GiveWay()
        {
            cancellation.ThrowIfCancellationRequested();
            place?.GiveWay(cancellation);
        }
    }

    private async Task<Outcome<CartoonResult>> SignAsync(CartoonRequest request, Draft draft, CancellationToken cancellation)
    {
        var result = draft.Result;
        if (issuer is not null)
        {
            using var span = Telemetry.Start("sign");
            var signed = await issuer.IssueAsync(
                draft.File,
                draft.Label,
                string.Join(", ", result.Models),
                result.Watermark.Marked ? result.Id : null,
                (request.File, draft.SourceInstanceId),
                cancellation);
            if (!signed.TryGet(out var asset, out var failure))
            {
                span.Fail(failure.Code.Reason());
                return failure;
            }

            result = result with { File = asset.Content, Manifest = asset.ManifestStore, ManifestId = asset.ManifestLabel };
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var piece in result.File)
        {
            hash.AppendData(piece.Span);
        }

        return result with { Sha256 = hash.GetHashAndReset() };
    }

    /// <summary>Where the portrait shows through, original pixels survive beside synthesised ones.</summary>
    private static string SourceType(StyleSelection style, float strength) =>
        strength < 1 && style.DigitalSourceType == DigitalSourceTypes.TrainedAlgorithmicMedia
            ? DigitalSourceTypes.CompositeWithTrainedAlgorithmicMedia
            : style.DigitalSourceType;

    private LedgerRecord Record(CartoonRequest request, CartoonResult result) => new()
    {
        WatermarkId = result.Id,
        ParentId = result.ParentId,
        KeyId = keys.Embedding.Id,
        CreatedAt = time.GetUtcNow(),
        Style = result.Style,
        Strength = request.Strength,
        Model = string.Join(", ", result.Models),
        PerceptualHash = result.Look?.Bytes,
        OutputSha256 = result.Sha256,
        ManifestId = result.ManifestId,
        Manifest = result.ManifestId is null ? null : result.Manifest,
        Tenant = request.Tenant,
        IdempotencyKey = request.IdempotencyKey,
    };

    /// <summary>A result that is not signed yet, and what its credential needs to know.</summary>
    private sealed record Draft(CartoonResult Result, EncodedImage File, AiLabel Label, string? SourceInstanceId);
}
