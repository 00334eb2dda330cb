using DctNet.Cli.Tests.Servers;
using DctNet.V1;
using Grpc.Core;

namespace DctNet.Cli.Tests.Commands;

public sealed class VerifyCommandTests : IDisposable
{
    private static readonly VerifyResponse s_verified = new()
    {
        Verdict = Verdict.Verified,
        Summary = "Made here.",
        C2Pa = new C2paLayer { State = C2paState.Trusted, Codes = { "claimSignature.validated" } },
        Xmp = new XmpLayer { Present = true, DigitalSourceType = "http://example/t" },
        Tc260 = new Tc260Layer { Present = true },
        Watermark = new WatermarkLayer { Found = true, Id = "0123456789abcdef", KeyId = "k1", Step = DetectionStep.Direct, FalsePositiveBound = 1e-9 },
        Ledger = new LedgerLayer { Found = true, Content = ContentMatch.Matches },
    };

    private static readonly VerifyResponse s_claimed = new()
    {
        Verdict = Verdict.Claimed,
        Summary = "Says so of itself.",
        Xmp = new XmpLayer { Present = true },
        Watermark = new WatermarkLayer { Step = DetectionStep.Direct },
    };

    private static readonly VerifyResponse s_none = new() { Verdict = Verdict.None, Summary = "Nothing." };

    private readonly TemporaryDirectory _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Json_has_its_documented_shape()
    {
        await using var server = await StartAsync();
        string[] files = [_files.Add("a b.png", "verified"), _files.Add("ü.png", "claimed")];

        var result = await Dctnet.RunAsync(["verify", .. files, "--json", "--server", server.Address.ToString()]);

        Assert.Equal(
            [
                $$$"""{"file":"{{{files[0]}}}","verdict":"verified","summary":"Made here.","layers":{"c2pa":""" +
                """{"state":"trusted","codes":["claimSignature.validated"]},"xmp":""" +
                """{"present":true,"digitalSourceType":"http://example/t"},"tc260":""" +
                """{"present":true},"watermark":""" +
                """{"found":true,"id":"0123456789abcdef","keyId":"k1","falsePositiveBound":1E-09},"ledger":""" +
                """{"found":true,"content":"matches"}}}""",
                $$$"""{"file":"{{{files[1]}}}","verdict":"claimed","summary":"Says so of itself.","layers":{"c2pa":""" +
                """{"state":"unknown","codes":[]},"xmp":""" +
                """{"present":true,"digitalSourceType":null},"tc260":""" +
                """{"present":false},"watermark":""" +
                """{"found":false,"id":null,"keyId":null,"falsePositiveBound":null},"ledger":""" +
                """{"found":false,"content":"unknown"}}}""",
            ],
            result.Lines);
    }

    [Theory]
    [InlineData(0, "verified")]
    [InlineData(3, "claimed")]
    [InlineData(1, "none")]
    [InlineData(2, "broken")]
    [InlineData(3, "verified", "claimed", "verified")]
    [InlineData(1, "claimed", "none", "verified")]
    [InlineData(2, "verified", "broken", "none")]
    public async Task The_exit_code_is_the_worst_of_all_files(int expected, params string[] contents)
    {
        await using var server = await StartAsync();
        var files = contents.Select((content, i) => _files.Add($"{i}.png", content));

        var result = await Dctnet.RunAsync(["verify", .. files, "--server", server.Address.ToString()]);

        Assert.Equal(expected, result.ExitCode);
    }

    [Fact]
    public async Task A_file_that_cannot_be_examined_has_a_line_too()
    {
        await using var server = await StartAsync();
        string[] files = [_files.Add("broken.png", "broken"), _files["missing.png"], _files.Add("fine.png", "verified")];

        var result = await Dctnet.RunAsync(["verify", .. files, "--json", "--server", server.Address.ToString()]);

        Assert.Equal(2, result.ExitCode);
        Assert.Equal(3, result.Lines.Length);
        Assert.Equal($$$"""{"file":"{{{files[0]}}}","error":{"reason":"CORRUPT_IMAGE","message":"it is broken"}}""", result.Lines[0]);
        Assert.Equal($$$"""{"file":"{{{files[1]}}}","error":{"reason":null,"message":"no such file"}}""", result.Lines[1]);
        Assert.Contains("broken.png: it is broken (CORRUPT_IMAGE)", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Text_never_calls_credentials_absent_that_were_not_examined()
    {
        await using var server = await StartAsync();

        var result = await Dctnet.RunAsync("verify", _files.Add("x.png", "claimed"), "--server", server.Address.ToString());

        Assert.Contains("C2PA       not examined", result.Output, StringComparison.Ordinal);
        Assert.Contains("watermark  not found (direct was the last step tried)", result.Output, StringComparison.Ordinal);
        Assert.Contains("Says so of itself.", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Text_says_why_credentials_could_not_be_examined()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Calls.Verify = _ => Task.FromResult(new VerifyResponse { C2Pa = new C2paLayer { Signer = "Ana", Codes = { "algorithm.unsupported" } } });

        var result = await Dctnet.RunAsync("verify", _files.Add("x.png", "x"), "--server", server.Address.ToString());

        Assert.Contains("  C2PA       not examined (signed by Ana), algorithm.unsupported\n", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_is_named_as_such_and_no_option_is_recommended_that_there_is_not()
    {
        await using var server = await StartAsync();

        var result = await Dctnet.RunAsync("verify", _files[""], "--server", server.Address.ToString());

        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.EndsWith("is a directory\n", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(LedgerState.Unspecified, "unknown")]
    [InlineData(LedgerState.NotAsked, "not asked: there is no watermark to ask by")]
    [InlineData(LedgerState.NotKept, "none is kept")]
    [InlineData(LedgerState.Unavailable, "could not be read")]
    [InlineData(LedgerState.NotFound, "not on record")]
    public async Task Text_says_whether_the_ledger_was_asked(LedgerState state, string expected)
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Calls.Verify = _ => Task.FromResult(new VerifyResponse { Verdict = Verdict.None, Ledger = new LedgerLayer { State = state } });

        var result = await Dctnet.RunAsync("verify", _files.Add("x.png", "x"), "--server", server.Address.ToString());

        Assert.Contains($"  ledger     {expected}\n", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_manifest_on_record_is_asked_for_and_written()
    {
        await using var server = await ScriptedServer.StartAsync();
        var asked = false;
        server.Calls.Verify = async upload =>
        {
            await upload.MoveNext();
            asked = upload.Current.Header.IncludeManifest;
            var answer = s_verified.Clone();
            answer.Ledger.Manifest = Google.Protobuf.ByteString.CopyFrom(9, 8, 7);
            return answer;
        };

        var result = await Dctnet.RunAsync(
            "verify", _files.Add("x.png", "x"), "--manifest", _files["m.c2pa"], "--server", server.Address.ToString());

        Assert.Equal(0, result.ExitCode);
        Assert.True(asked);
        Assert.Equal([9, 8, 7], await File.ReadAllBytesAsync(_files["m.c2pa"], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_manifest_that_is_not_on_record_is_an_error_and_no_file()
    {
        await using var server = await StartAsync();

        var result = await Dctnet.RunAsync(
            "verify", _files.Add("x.png", "verified"), "--manifest", _files["m.c2pa"], "--server", server.Address.ToString());

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("not written", result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_files["m.c2pa"]));
    }

    [Fact]
    public async Task A_server_that_is_not_there_ends_with_2()
    {
        var result = await Dctnet.RunAsync("verify", _files.Add("x.png", "verified"), "--server", "http://127.0.0.1:1");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("refused", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fast", DetectionEffort.Fast)]
    [InlineData("full", DetectionEffort.Full)]
    public async Task The_effort_reaches_the_server(string effort, DetectionEffort expected)
    {
        await using var server = await ScriptedServer.StartAsync();
        DetectionEffort? received = null;
        server.Calls.Verify = async upload =>
        {
            await upload.MoveNext();
            received = upload.Current.Header.Effort;
            return s_verified;
        };

        await Dctnet.RunAsync("verify", _files.Add("x.png", "photo"), "--effort", effort, "--server", server.Address.ToString());

        Assert.Equal(expected, received);
    }

    [Fact]
    public async Task Styles_are_listed_as_text_and_as_json()
    {
        await using var server = await StartAsync();
        server.Calls.Styles.DefaultStyle = "toon";
        server.Calls.Styles.Styles.Add(new Style
        {
            Name = "toon", Description = "Flat.", Model = "toon 1", DigitalSourceType = "http://example/d", Licence = "MIT",
        });
        server.Calls.Styles.Styles.Add(new Style { Name = "ink", Description = "Lines.", Model = "ink 2", Licence = "MIT" });

        var text = await Dctnet.RunAsync("styles", "--server", server.Address.ToString());
        var json = await Dctnet.RunAsync("styles", "--json", "--server", server.Address.ToString());

        Assert.Equal(["* toon  Flat. (toon 1, MIT)", "  ink   Lines. (ink 2, MIT)"], text.Lines);
        Assert.Equal(
            """{"defaultStyle":"toon","styles":[""" +
            """{"name":"toon","description":"Flat.","model":"toon 1","digitalSourceType":"http://example/d","licence":"MIT"},""" +
            """{"name":"ink","description":"Lines.","model":"ink 2","digitalSourceType":"","licence":"MIT"}]}""",
            Assert.Single(json.Lines));
    }

    private static async Task<ScriptedServer> StartAsync()
    {
        var server = await ScriptedServer.StartAsync();
        server.Calls.Verify = async upload =>
        {
            Assert.True(await upload.MoveNext());
            Assert.True(await upload.MoveNext());
            return upload.Current.Chunk.ToStringUtf8() switch
            {
                "verified" => s_verified,
                "claimed" => s_claimed,
                "none" => s_none,
                _ => throw Behaviours.Refusal("CORRUPT_IMAGE", "it is broken"),
            };
        };
        return server;
    }
}
