using System.Globalization;
using DctNet.Core.Cartoon.Faces;
using DctNet.Core.Inference;
using DctNet.Core.Inference.Scheduling;
using DctNet.Core.Models;

namespace DctNet.Benchmarks;

/// <summary>
/// Heads through the batcher in one run of the bundled network, copies included, against as many runs one after another on the caller's
/// thread. In one session, so with the same threads.
/// </summary>
internal static class BatchingBenchmark
{
    private const int Side = HeadAligner.HeadSize;

    public static async Task RunAsync(int pairs)
    {
        var catalog = Samples.Require(ModelCatalog.Load(ModelCatalog.BundledDirectory));
        var network = catalog.Networks[0];
        using var session = Samples.Require(NetworkSession.Open(network.Path, new InferenceOptions { ExecutionProvider = ExecutionProvider.Cpu }));
        var style = new float[network.Styles.Count];
        style[0] = 1;
        foreach (var heads in new[] { 1, 2, 4, 8 })
        {
            var pictures = Enumerable.Range(0, heads).Select(_ => Head()).ToArray();
            using var batcher = new Batcher(Run, sessions: 1, heads, heads * Side * Side, TimeSpan.Zero, TimeProvider.System);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{heads} head(s)"));
            await PairedComparison.RunAsync("one by one", OneByOne, "batched", Batched, pairs);

            Task OneByOne()
            {
                foreach (var picture in pictures)
                {
                    Run(0, 1, picture, style, CancellationToken.None);
                }

                return Task.CompletedTask;
            }

            Task Batched() => Task.WhenAll(pictures.Select(picture => batcher.RunAsync(picture, style, CancellationToken.None)));
        }

        void Run(int _, int count, BatchPicture pictures, float[] vector, CancellationToken cancellation)
        {
            long[] shape = [count, pictures.Height, pictures.Width, 3];
            session.Run(
                [new NamedTensor(network.ImageInput, pictures.Input, shape), new NamedTensor(network.StyleInput!, vector, [vector.Length])],
                [new NamedTensor(network.Output, pictures.Output, shape)],
                cancellation);
        }
    }

    private static BatchPicture Head()
    {
        var input = new float[Side * Side * 3];
        for (var i = 0; i < input.Length; i++)
        {
            input[i] = i * 31 % 256;
        }

        return new BatchPicture(Side, Side, input, new float[input.Length]);
    }
}
