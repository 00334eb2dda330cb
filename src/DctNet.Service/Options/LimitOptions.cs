using System.ComponentModel.DataAnnotations;

namespace DctNet.Service.Options;

/// <summary>What one server takes on. Section <c>DctNet:Limits</c>.</summary>
public sealed record LimitOptions
{
    /// <summary>Largest upload in bytes. Defaults to 33,554,432 (32 MiB), above any phone's JPEG.</summary>
    [Range(1, 1 << 30)]
    public int MaxUploadBytes { get; set; } = 32 << 20;

    /// <summary>Largest picture in pixels, from its header. Defaults to 50,000,000; as RGBA that is 200 MB once decoded.</summary>
    [Range(65_536, 500_000_000)]
    public long MaxPixels { get; set; } = 50_000_000;

    /// <summary>Longest side in pixels. Defaults to 16,383, which every output format can hold.</summary>
    [Range(256, 65_535)]
    public int MaxSidePixels { get; set; } = 16_383;

    /// <summary>
    /// Pictures in work at the same time. Defaults to 0: half the cores, at least 2, so that one picture is decoded or encoded while
    /// another is in the network, which uses all cores by itself.
    /// </summary>
    [Range(0, 1024)]
    public int MaxConcurrentRequests { get; set; }

    /// <summary>Requests that upload or wait beyond those in work. Defaults to 32; more are refused with RESOURCE_EXHAUSTED.</summary>
    [Range(0, 100_000)]
    public int MaxQueuedRequests { get; set; } = 32;

    /// <summary>
    /// Bytes that the decoded pictures in work may have together; a larger one is worked on alone. Defaults to 268,435,456 (256 MiB): one
    /// picture of <see cref="MaxPixels"/>, or many of the usual size. At its peak a picture takes about four times its decoded bytes.
    /// </summary>
    [Range(1, long.MaxValue)]
    public long MaxDecodedBytes { get; set; } = 256L << 20;

    /// <summary>Pictures of single calls that are taken up for each picture of a bulk stream, while both wait. Defaults to 8.</summary>
    [Range(1, 1000)]
    public int InteractiveWeight { get; set; } = 8;

    /// <summary>
    /// Pictures that are verified at the same time. They have a lane of their own, so that neither kind of work keeps the other waiting.
    /// Defaults to 0: a quarter of the cores, at least 1.
    /// </summary>
    [Range(0, 1024)]
    public int MaxConcurrentVerifications { get; set; }

    /// <summary>Verifications that upload or wait beyond those in work. Defaults to 16; more are refused with RESOURCE_EXHAUSTED.</summary>
    [Range(0, 100_000)]
    public int MaxQueuedVerifications { get; set; } = 16;

    /// <summary>
    /// Verifications that one caller (tenant and network address) may ask for in a minute, refilled evenly: whoever tries to remove or forge
    /// a mark has to ask often. Defaults to 60; 0 is no limit. Callers on a Unix socket are not limited.
    /// </summary>
    [Range(0, 1_000_000)]
    public int VerificationsPerMinute { get; set; } = 60;

    /// <summary>An upload that sends nothing for so long is ended, and so is a caller that reads nothing of its result. Defaults to 30 seconds.</summary>
    [Range(1, 3600)]
    public int IdleTimeoutSeconds { get; set; } = 30;

    /// <summary>
    /// An upload that takes longer as a whole is ended, however alive it is: it holds an entry. Defaults to 300 seconds, 32 MiB at 1 Mbit/s.
    /// </summary>
    [Range(1, 86_400)]
    public int MaxUploadSeconds { get; set; } = 300;

    /// <summary>
    /// Slowest that an upload may be, in bytes a second, over ten seconds. Defaults to 1,024: a caller under it would hold an entry for hours.
    /// 0: as slow as it likes.
    /// </summary>
    [Range(0, 1 << 30)]
    public int MinUploadBytesPerSecond { get; set; } = 1 << 10;

    /// <summary>Requests and bulk streams that one tenant may have in the server. Defaults to 0: as many as there are entries.</summary>
    [Range(0, 100_000)]
    public int MaxTenantRequests { get; set; }

    /// <summary>Pictures that one tenant may send a second, bulk items included. Defaults to 0: as many as it can.</summary>
    [Range(0, 100_000)]
    public int TenantPicturesPerSecond { get; set; }

    /// <summary>A tenant that was quiet may send this many seconds' worth of pictures at once. Defaults to 10.</summary>
    [Range(1, 3600)]
    public int TenantBurstSeconds { get; set; } = 10;

    /// <summary>
    /// Seconds after which a gRPC connection takes no new calls, spread by a tenth; what runs on it finishes, and callers come back on
    /// another, perhaps to a newer server. Defaults to 1,800. 0: never.
    /// </summary>
    [Range(0, 86_400)]
    public int MaxConnectionAgeSeconds { get; set; } = 1800;

    /// <summary>How long <see cref="MinUploadBytesPerSecond"/> is measured over: a stall of a few seconds is no slow upload.</summary>
    internal static TimeSpan RatePeriod { get; } = TimeSpan.FromSeconds(10);

    /// <summary>Pictures in work at the same time, with the default worked out.</summary>
    public int EffectiveConcurrency => MaxConcurrentRequests > 0 ? MaxConcurrentRequests : Math.Max(2, Environment.ProcessorCount / 2);

    /// <summary>Verifications at the same time, with the default worked out.</summary>
    public int EffectiveVerifications =>
        MaxConcurrentVerifications > 0 ? MaxConcurrentVerifications : Math.Max(1, Environment.ProcessorCount / 4);
}
