using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using DctNet.C2pa;
using DctNet.C2pa.Signing;
using DctNet.C2pa.Verification;

namespace DctNet.Benchmarks;

/// <summary>
/// What a content credential costs: a JPEG of about 1 MB signed (ES256, no thumbnail, no time-stamp) and verified here, and signed by
/// c2pa-node of <c>tests/tools</c> in turn, in rounds, with the same certificate. All in memory.
/// </summary>
internal static class SigningBenchmark
{
    private const int SignaturesARound = 50;

    public static async Task RunAsync(int rounds)
    {
        var picture = Picture(targetBytes: 1 << 20);
        var made = DevelopmentCertificates.Create("Benchmark", DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var signer = KeySigner.FromPem(made.ChainPem, made.KeyPem);
        var writer = new ManifestWriter(signer);
        var verifier = new ManifestVerifier(TrustList.FromPem(made.RootPem));
        var definition = new ManifestDefinition
        {
            Generator = new GeneratorInfo("Benchmark", "1"),
            DigitalSourceType = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
            When = DateTimeOffset.UtcNow,
            SoftBinding = new SoftBinding("dev.dctnet.watermark.1", new byte[8]),
            AiDisclosure = new AiDisclosure("benchmark 1", HumanOversight.PromptGuided),
            Source = new SourceAsset { File = picture, Relationship = SourceRelationship.InputTo },
        };

        var (ours, verified, theirs) = (new List<double>(), new List<double>(), new List<double>());
        long added = 0;
        for (var round = 0; round <= rounds; round++)
        {
            using var destination = new MemoryStream(picture.Length + (64 << 10));
            for (var i = 0; i < SignaturesARound; i++)
            {
                destination.SetLength(0);
                var start = Stopwatch.GetTimestamp();
                var signed = await writer.SignAsync(picture, definition);
                await signed.WriteToAsync(destination);
                Add(ours, start);
                added = signed.Content.Length - picture.Length;
            }

            var file = destination.ToArray();
            for (var i = 0; i < SignaturesARound; i++)
            {
                var start = Stopwatch.GetTimestamp();
                if (verifier.Verify(file).State != ValidationState.Trusted)
                {
                    throw new InvalidOperationException("The signed picture is not trusted.");
                }

                Add(verified, start);
            }

            theirs.AddRange(Node(picture, made));

            // The first round warms up.
            if (round == 0)
            {
                ours.Clear();
                verified.Clear();
                theirs.Clear();
            }
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"JPEG of {picture.Length:N0} bytes, {rounds} rounds of {SignaturesARound}; median (fastest tenth)"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"sign       {Text(ours)}, adds {added:N0} bytes"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"verify     {Text(verified)}"));
        Console.WriteLine(theirs.Count == 0
            ? "c2pa-node  not installed (tests/tools/install.sh)"
            : string.Create(CultureInfo.InvariantCulture, $"c2pa-node  {Text(theirs)} to sign; ratio {Quantile(ours, 0.5) / Quantile(theirs, 0.5):0.00} ({Quantile(ours, 0.1) / Quantile(theirs, 0.1):0.00})"));

        static void Add(List<double> times, long start) => times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
    }

    // The fastest tenth says what it costs when nobody else wants the processor.
    private static string Text(List<double> times) =>
        string.Create(CultureInfo.InvariantCulture, $"{Quantile(times, 0.5):0.00} ms ({Quantile(times, 0.1):0.00})");

    private static double Quantile(List<double> times, double share) => times.Order().ElementAt((int)(times.Count * share));

    /// <summary>The sample, enlarged until its JPEG has about this many bytes.</summary>
    private static byte[] Picture(int targetBytes)
    {
        for (var side = 1024; ; side += 256)
        {
            var encoded = Samples.Jpeg(side);
            if (encoded.Length >= targetBytes)
            {
                return encoded;
            }
        }
    }

    private static IEnumerable<double> Node(byte[] picture, DevelopmentCertificates made)
    {
        var tools = ToolsDirectory();
        if (tools is null || !Directory.Exists(Path.Combine(tools, "node_modules", "@contentauth", "c2pa-node")))
        {
            return [];
        }

        var directory = Directory.CreateTempSubdirectory("dctnet-benchmark-");
        try
        {
            var file = Path.Combine(directory.FullName, "picture.jpg");
            File.WriteAllBytes(file, picture);
            var requests = new JsonArray();
            for (var i = 0; i < SignaturesARound; i++)
            {
                requests.Add(new JsonObject
                {
                    ["op"] = "sign",
                    ["file"] = file,
                    ["mimeType"] = "image/jpeg",
                    ["out"] = file + ".signed",
                    ["chain"] = made.ChainPem,
                    ["key"] = made.KeyPem,
                    ["algorithm"] = "es256",
                    ["manifest"] = JsonNode.Parse("""
                        {"claim_generator_info":[{"name":"Benchmark","version":"1"}],"format":"image/jpeg","assertions":[{"label":"c2pa.actions","data":{"actions":[
                        {"action":"c2pa.created","digitalSourceType":"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"}]}}]}
                        """),
                });
            }

            var input = new JsonObject { ["trust"] = made.RootPem, ["requests"] = requests };
            var start = new ProcessStartInfo("node", ["c2pa-peer.mjs"]) { RedirectStandardInput = true, RedirectStandardOutput = true, WorkingDirectory = tools };
            using var process = Process.Start(start)!;
            process.StandardInput.Write(input.ToJsonString());
            process.StandardInput.Close();
            var answers = JsonNode.Parse(process.StandardOutput.ReadToEnd())!.AsArray();
            return [.. answers.Skip(SignaturesARound / 5).Select(answer => answer!["milliseconds"]!.GetValue<double>())];
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static string? ToolsDirectory()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "DctNet.Grpc.sln")))
            {
                return Path.Combine(directory.FullName, "tests", "tools");
            }
        }

        return null;
    }
}
