using BenchmarkDotNet.Attributes;
using DctNet.Core.Imaging;
using DctNet.Core.Watermark;

namespace DctNet.Benchmarks;

/// <summary>The watermark on a picture of 1024 × 1024, on one core, beside decoding and encoding that picture as JPEG.</summary>
public class WatermarkBenchmark : IDisposable
{
    private const int Side = 1024;

    private static readonly WatermarkId s_id = new(0x0123_4567_89ab_cdef);
    private static readonly EmbedOptions s_fixed = new() { MinPsnrDb = 45, MaxPsnrDb = 45 };

    private readonly WatermarkKeyRing _ring = new(WatermarkKey.NewRandom());
    private WatermarkEmbedder _embedder = null!;
    private WatermarkDetector _detector = null!;
    private PixelBuffer _picture = null!;
    private PixelBuffer _marked = null!;
    private byte[] _jpeg = null!;

    [GlobalSetup]
    public void Prepare()
    {
        _embedder = new WatermarkEmbedder(_ring.Embedding);
        _detector = new WatermarkDetector(_ring);
        _picture = Samples.Pixels(Side);
        _jpeg = Samples.Encode(_picture);
        _marked = _picture.Clone();
        _embedder.Embed(_marked, s_id);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _picture.Dispose();
        _marked.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(Baseline = true)]
    public int JpegDecodeAndEncode()
    {
        using var decoded = Samples.Decode(_jpeg);
        return Samples.Encode(decoded.Pixels).Length;
    }

    [Benchmark]
    public double EmbedFixedStrength()
    {
        using var copy = _picture.Clone();
        return _embedder.Embed(copy, s_id, s_fixed).PsnrDb;
    }

    [Benchmark]
    public double EmbedAdaptiveStrength()
    {
        using var copy = _picture.Clone();
        return _embedder.Embed(copy, s_id).PsnrDb;
    }

    [Benchmark]
    public bool DetectFast() => _detector.Detect(_marked).Found;

    [Benchmark]
    public bool DetectFastUnmarked() => _detector.Detect(_picture).Found;

    [Benchmark]
    public bool DetectFullUnmarked() => _detector.Detect(_picture, DetectEffort.Full).Found;
}
