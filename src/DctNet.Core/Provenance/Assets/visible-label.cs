// Makes visible-label.png, the glyphs of the visible label as coverage (0 outside, 255 inside):
//
//   apt-get download fonts-noto-cjk && dpkg-deb -x fonts-noto-cjk_*.deb noto
//   dotnet run visible-label.cs -- noto/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc visible-label.png
#:property PublishAot=false
#:package NetVips
#:package NetVips.Native.linux-x64
using NetVips;

// 128 pixels an em: as large as on a picture of 1,700 pixels; beyond that the edges become softer.
using var text = Image.Text("AI生成 / AI generated", font: "Noto Sans CJK SC Bold 128", fontfile: args[0], dpi: 72);
text.Pngsave(args[1], compression: 9, filter: Enums.ForeignPngFilter.All, keep: Enums.ForeignKeep.None);
Console.WriteLine($"{text.Width} x {text.Height}");
