using DctNet.V1;

namespace DctNet.Service.Tests;

/// <summary>The visible label, and what the compliance profiles ask for.</summary>
public sealed class LabelTests
{
    private static readonly (ImageFormat Wanted, Core.Imaging.ImageFormat Format)[] s_formats =
    [
        (ImageFormat.Png, Core.Imaging.ImageFormat.Png),
        (ImageFormat.Jpeg, Core.Imaging.ImageFormat.Jpeg),
        (ImageFormat.Webp, Core.Imaging.ImageFormat.WebP),
        (ImageFormat.Avif, Core.Imaging.ImageFormat.Avif),
    ];

    private const string ProviderCode = "Label:Tc260ProviderCode=001191110000000000000X00A01";

    [Fact]
    public async Task The_visible_label_is_drawn_for_who_asks_and_the_mark_is_found_under_it()
    {
        await using var server = await TestServer.StartAsync();
        var options = new CartoonizeOptions { MaxSide = 512, VisibleLabel = true };
        var (labelled, file) = await server.CartoonizeAsync(TestEnvironment.Sample, options, "same");
        var (plain, _) = await server.CartoonizeAsync(TestEnvironment.Sample, new CartoonizeOptions { MaxSide = 512 }, "same");

        Assert.Equal((true, false), (labelled.VisibleLabel, plain.VisibleLabel));
        Assert.NotEqual(labelled.Watermark.Id, plain.Watermark.Id);
        var verified = await server.VerifyAsync(file);
        Assert.Equal(labelled.Watermark.Id, verified.Watermark.Id);
    }

    [Fact]
    public async Task Profile_cn_draws_the_label_and_writes_one_TC260_property_into_every_format()
    {
        await using var server = await TestServer.StartAsync("Label:Profile=cn,us", ProviderCode, "Label:ProviderName=Example Inc.");
        foreach (var (wanted, format) in s_formats)
        {
            var (header, file) = await server.CartoonizeAsync(TestEnvironment.Sample, new CartoonizeOptions { MaxSide = 320, Format = wanted });

            Assert.True(header.VisibleLabel);
            var labels = Core.Provenance.LabelReader.Read(file, format);
            Assert.Equal((Core.Provenance.LayerState.Present, 1), (labels.Tc260.State, labels.Tc260.Copies));
            Assert.Equal(header.Watermark.Id, labels.Tc260.ProduceId);
        }
    }

    [Theory]
    [InlineData("RetentionDays", "Label:Profile=cn", ProviderCode, "Ledger:RetentionDays=90")]
    [InlineData("Ledger:Enabled", "Label:Profile=cn", ProviderCode, "Ledger:Enabled=false")]
    [InlineData("Tc260ProviderCode", "Label:Profile=eu,cn")]
    [InlineData("C2pa:Enabled", "Label:Profile=eu", "C2pa:Enabled=false")]
    [InlineData("ProviderName", "Label:Profile=us")]
    [InlineData("compliance profile", "Label:Profile=mars")]
    public async Task A_profile_whose_demands_are_not_met_stops_the_start(string named, params string[] settings)
    {
        var exception = await Assert.ThrowsAsync<StartupException>(() => TestServer.StartAsync(settings));
        Assert.Contains(named, exception.Message, StringComparison.Ordinal);
    }
}
