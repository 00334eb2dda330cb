using DctNet.C2pa.Tests;
using DctNet.Core.Imaging;
using DctNet.V1;
using Grpc.Core;
using ImageFormat = DctNet.V1.ImageFormat;

namespace DctNet.Service.Tests;

/// <summary>Results of this service, changed by a seeded mutator, through the whole of Verify.</summary>
[Collection(AloneGroup.Name)]
public sealed class VerifyMutationTests
{
    private const int FilesPerFormat = 125;

    private static readonly ImageFormat[] s_formats = [ImageFormat.Jpeg, ImageFormat.Png, ImageFormat.Webp, ImageFormat.Avif];

    // What 500 small pictures may leave behind of managed memory; one upload of the largest allowed size would be 32 MiB.
    private const long MaxBytesLeft = 32 << 20;

    [Fact]
    public async Task Five_hundred_changed_results_are_answered_and_leave_nothing_behind()
    {
        // A changed header must not make a picture of 50 megapixels out of this one.
        await using var server = await TestServer.StartAsync("Limits:VerificationsPerMinute=0", "Limits:MaxPixels=1000000");
        await server.UntilReadyAsync();
        var results = new List<byte[]>();
        foreach (var format in s_formats)
        {
            results.Add((await server.CartoonizeAsync(TestEnvironment.Sample, new CartoonizeOptions { MaxSide = 128, Format = format })).File);
        }

        var intact = await Task.WhenAll(results.Select(result => server.VerifyAsync(result)));
        Assert.All(intact, answer => Assert.Equal(C2paState.Trusted, answer.C2Pa.State));
        var (outstanding, before) = (PixelBuffer.Outstanding, GC.GetTotalMemory(forceFullCollection: true));
        var answers = new List<(VerifyResponse? Answer, StatusCode Code)>();
        foreach (var result in results)
        {
            for (var seed = 0; seed < FilesPerFormat; seed++)
            {
                // Labels and credentials are at the front of JPEG and PNG and at the end of WebP.
                answers.Add(await AskAsync(server, Mutator.Mutate(result, seed % 2 == 0 ? ..Math.Min(6000, result.Length) : .., seed)));
            }
        }

        await Eventually.HoldsAsync(() => Assert.Equal(outstanding, PixelBuffer.Outstanding));
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, MaxBytesLeft);

        // A picture that cannot be decoded is the caller's fault; nothing is ours.
        Assert.All(answers, answer => Assert.True(answer.Code is StatusCode.OK or StatusCode.InvalidArgument, answer.Code.ToString()));
        var examined = answers.Select(answer => answer.Answer).OfType<VerifyResponse>().ToList();
        Assert.True(
            examined.Count > 100 && examined.Count < answers.Count && examined.Exists(answer => answer.C2Pa.State == C2paState.Invalid),
            $"{examined.Count} of {answers.Count} examined: the mix is off.");
    }

    private static async Task<(VerifyResponse? Answer, StatusCode Code)> AskAsync(TestServer server, byte[] file)
    {
        try
        {
            return (await server.VerifyAsync(file), StatusCode.OK);
        }
        catch (RpcException refused)
        {
            return (null, refused.StatusCode);
        }
    }
}
