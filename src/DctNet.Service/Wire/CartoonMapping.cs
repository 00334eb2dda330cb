using DctNet.Core;
using DctNet.Core.Imaging;
using DctNet.Core.Pipeline;
using DctNet.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using ImageFormat = DctNet.Core.Imaging.ImageFormat;
using WireFormat = DctNet.V1.ImageFormat;

namespace DctNet.Service.Wire;

/// <summary>Between the messages of dctnet.v1 and the pipeline's types.</summary>
internal static class CartoonMapping
{
    private const int MaxIdempotencyKeyChars = 128;

    private const int MaxStyleChars = 512;

    /// <summary>The request without its picture; what is wrong with it can be said before the picture's bytes have come.</summary>
    public static Outcome<CartoonRequest> Request(CartoonizeOptions? options, string idempotencyKey, Caller caller)
    {
        options ??= new CartoonizeOptions();
        if (idempotencyKey.Length > MaxIdempotencyKeyChars)
        {
            return new Failure(
                FailureCode.InvalidOption, $"The idempotency key may have {MaxIdempotencyKeyChars} characters.", "idempotency_key");
        }

        if (idempotencyKey.Contains('\0'))
        {
            // PostgreSQL, which may hold the ledger, has no such character in texts.
            return new Failure(FailureCode.InvalidOption, "The idempotency key may not contain U+0000.", "idempotency_key");
        }

        if (options.Style.Length > MaxStyleChars)
        {
            return new Failure(FailureCode.InvalidOption, $"The style may have {MaxStyleChars} characters.", "options.style");
        }

        if (Format(options.Format) is not { } format)
        {
            return new Failure(
                FailureCode.InvalidOption, $"Format {(int)options.Format} is not known; JPEG, PNG, WebP and AVIF are.", "options.format");
        }

        return new CartoonRequest
        {
            Tenant = caller.Tenant,
            IdempotencyKey = idempotencyKey,
            Style = options.Style,
            Format = format,
            Quality = options.HasQuality ? Clamp(options.Quality) : null,
            VisibleLabel = options.VisibleLabel,
            MaxSide = options.HasMaxSide ? Clamp(options.MaxSide) : null,
            Strength = options.HasStrength ? options.Strength : 1,
        };
    }

    public static ResultHeader Header(CartoonResult result, TimeSpan queue, TimeSpan compute)
    {
        var header = new ResultHeader
        {
            Format = Format(result.Format),
            MediaType = result.Format.MediaType(),
            Width = (uint)result.Width,
            Height = (uint)result.Height,
            TotalBytes = (ulong)result.File.Length,
            Sha256 = UnsafeByteOperations.UnsafeWrap(result.Sha256),
            Style = result.Style,
            Strength = result.Strength,
            Models = { result.Models },
            FaceCount = (uint)result.FaceCount,
            VisibleLabel = result.VisibleLabel,
            DigitalSourceType = result.DigitalSourceType,
            Watermark = new WatermarkFacts { Embedded = result.Watermark.Marked, Id = result.Id.ToString(), KeyId = result.Watermark.KeyId },
            Timing = new ServerTiming { Queue = Duration.FromTimeSpan(queue), Compute = Duration.FromTimeSpan(compute) },
        };
        if (result.Watermark.Marked)
        {
            header.Watermark.Psnr = result.Watermark.PsnrDb;
        }

        return header;
    }

    public static WireFormat Format(ImageFormat format) => format switch
    {
        ImageFormat.Jpeg => WireFormat.Jpeg,
        ImageFormat.Png => WireFormat.Png,
        ImageFormat.WebP => WireFormat.Webp,
        ImageFormat.Avif => WireFormat.Avif,
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "A format that is not written."),
    };

    private static ImageFormat? Format(WireFormat format) => format switch
    {
        WireFormat.Unspecified or WireFormat.Png => ImageFormat.Png,
        WireFormat.Jpeg => ImageFormat.Jpeg,
        WireFormat.Webp => ImageFormat.WebP,
        WireFormat.Avif => ImageFormat.Avif,
        _ => null,
    };

    // Beyond 2³¹ every value means the same: too good a quality, or no bound on the side.
    private static int Clamp(uint value) => (int)Math.Min(value, int.MaxValue);
}
